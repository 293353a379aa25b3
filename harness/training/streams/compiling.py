"""torch.compile of a run's streams (`--compile`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from backbones.base.errors import UsageError, UserError, error_line

BACKEND: str | Callable[..., Any] = "inductor"


def check_compiler(device: str, wanted: bool = True, recomputes: bool = False) -> None:
    """A `UserError` where torch.compile does not work here; it compiles a line of arithmetic to find out.

    recomputes: whether stages are computed again in the backward pass, which it cannot compile (a
    `UsageError`): it has no checkpoint whose second pass leaves BatchNorm's running means alone.
    """
    if not wanted:
        return
    if recomputes:
        raise UsageError(
            "--compile and --gradient-checkpointing do not go together: torch.compile cannot compile stages "
            "that are computed again; leave one of them out (--micro-batch saves memory, too)"
        )
    # It warns that there is no CUDA also where a CPU was asked for.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    try:
        with _fresh():
            torch.compile(_line, backend=BACKEND)(torch.ones(8, device=device))
    except Exception as error:  # the compiler's own, the system's, Triton's: each has its kind
        raise UserError(
            f"--compile: torch.compile does not work here ({_short(error)}); it needs a C++ compiler such as "
            "g++ on the CPU, and Triton on a GPU; leave --compile out to do without"
        ) from error


def _line(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(x) + 1


@contextmanager
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    try:
        yield
    finally:
        torch._dynamo.reset()


@contextmanager
def compiled(streams: Iterable[nn.Module], wanted: bool) -> Iterator[None]:
    """The streams run compiled meanwhile, in place: names of parameters and checkpoints stay as they are.

    What cannot be compiled (a graph break) runs as it did. Training and testing are compiled apart.
    A `UserError` where the compiler itself fails.
    """
    if not wanted:
        yield
        return
    modules = list(streams)
    for module in modules:
        _contiguous_on_gpu(module)
        module.compile(backend=BACKEND)
    try:
        yield
    except torch._dynamo.exc.TorchDynamoException as error:
        raise UserError(
            f"--compile: a stream cannot be compiled ({_short(error)}); leave --compile out"
        ) from error
    except AssertionError as error:
        if "expected size" not in str(error):  # what compiled code says of a tensor that is not as foreseen
            raise
        raise UserError(
            f"--compile: the compiled streams do not fit this device ({_short(error)}); leave --compile out"
        ) from error
    finally:
        for module in modules:
            module._compiled_call_impl = None


def _contiguous_on_gpu(module: nn.Module) -> None:
    """cuDNN gives the gradient of a channels-last 3D kernel in another layout than the compiler foresees."""
    for parameter in module.parameters():
        if parameter.is_cuda and parameter.dim() == 5:
            parameter.data = parameter.data.contiguous()


def _short(error: BaseException) -> str:
    """What the innermost error says: compilers wrap it in pages of their own."""
    while inner := getattr(error, "inner_exception", None) or error.__cause__:
        error = inner
    return f"{type(error).__name__}: {error_line(error)[:160]}"
