"""Whether the same computation must give the same bits: levels of PyTorch's deterministic algorithms.

On a CPU with a fixed number of threads all levels give the same bits. On a GPU some sums are taken in
whichever order threads come, and what is fastest is chosen anew; the levels forbid it, at a price. Like the
device, the level is recorded and is no part of a run's id: it says how a result is computed, not which.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch

from backbones.base.errors import UserError
from harness.training.ordered_pools import OrderedPools

Recorded = Literal["off", "best effort", "strict"]
# cuBLAS adds in a fixed order only with workspaces of its own; read when it is first used.
WORKSPACE, WORKSPACES = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"
_REFUSED = re.compile(r"(\S+) does not have a deterministic implementation")


@dataclass(frozen=True)
class Level:
    """recorded: what records call it. asked: deterministic algorithms are used. must: where there is none,
    that is an error."""

    recorded: Recorded
    asked: bool = True
    must: bool = False


LEVELS = {
    "off": Level("off", asked=False),
    "best-effort": Level("best effort"),
    "strict": Level("strict", must=True),
}


@contextmanager
def deterministic(name: str) -> Iterator[None]:
    """Within it PyTorch computes at that level. A `UserError` names an operation that cannot."""
    level = LEVELS[name]
    if not level.asked:
        yield
        return
    os.environ.setdefault(WORKSPACE, WORKSPACES)
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    cudnn = torch.backends.cudnn
    chosen = cudnn.deterministic, cudnn.benchmark
    torch.use_deterministic_algorithms(True, warn_only=not level.must)
    # One by one: `cudnn.flags` switches cuDNN itself off unless it is told not to.
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        with OrderedPools():
            yield
    except RuntimeError as error:
        if refused := _REFUSED.search(str(error)):
            raise UserError(
                f"--determinism strict: {refused[1]} has no deterministic implementation on this device; "
                "use --determinism best-effort"
            ) from None
        raise
    finally:
        cudnn.deterministic, cudnn.benchmark = chosen
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
