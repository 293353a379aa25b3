"""What to do where a training step does not fit into memory: the settings are tried, not guessed."""

from __future__ import annotations

import ctypes
import gc
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch

from backbones.base.errors import UserError, is_out_of_memory
from harness.cost.estimate import time_step
from harness.data.clips.dataset import Specs
from harness.training.streams.recomputing import recomputing
from methods.contract import Method


@contextmanager
def proposing(
    method: Method, specs: Specs, precision: str, batch_size: int, micro_batch: int
) -> Iterator[None]:
    """A training step within it that runs out of memory is a UserError with a `proposal`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        _free(error)
        failed = error
    else:
        return
    raise UserError(proposal(method, specs, precision, batch_size, micro_batch)) from failed


def proposal(method: Method, specs: Specs, precision: str, batch_size: int, micro_batch: int) -> str:
    """A line with the setting that fits here, of those that keep most of the run as it was asked for.

    method: on its device, after a step of `micro_batch` videos ran out of memory.
    """
    said = f"out of memory: a training step does not fit with {_videos(micro_batch)} in a forward pass"
    smaller = [count for count in range(micro_batch - 1, 0, -1) if batch_size % count == 0]
    asked = any(getattr(stream, "recomputes", False) for stream in method.streams.values())
    if not asked and _fits(method, specs, precision, micro_batch, again=True):
        return f"{said}; --gradient-checkpointing fits (slower, the same numbers)"
    for count in smaller:
        for again in (False, True) if not asked else (True,):
            if _fits(method, specs, precision, count, again):
                also = " --gradient-checkpointing" * (again and not asked)
                return f"{said}; --micro-batch {count}{also} fits (it changes BatchNorm and dominance groups)"
    least = (
        "" if asked and micro_batch == 1 else "--gradient-checkpointing --micro-batch 1 takes least, else "
    )
    return (
        f"{said}, and no smaller one did after it; {least}"
        "narrower networks (--set local.width=…) or shorter clips"
    )


def _fits(method: Method, specs: Specs, precision: str, count: int, again: bool) -> bool:
    _give_back()
    device = next(method.parameters()).device
    try:
        with recomputing(method.streams.values(), again):
            time_step(method, specs, precision, device, count)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        method.zero_grad(set_to_none=True)
    return True


def _free(error: BaseException) -> None:
    """What the failed step had made: the frames that the error came through hold it, and whoever handles the
    error holds them."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__


def _give_back() -> None:
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc keeps what was freed in small pieces
        ctypes.CDLL(None).malloc_trim(0)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _videos(count: int) -> str:
    return "1 video" if count == 1 else f"{count} videos"
