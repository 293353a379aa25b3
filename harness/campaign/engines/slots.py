"""How many processes this machine is given at a time, and what each has of it. No torch."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from backbones.base.errors import UsageError
from harness.campaign.engines.local import Slot

GIB = 2**30


@dataclass(frozen=True)
class Share:
    """What was asked for. jobs: at a time; None follows from the GPUs. per_gpu: processes on each GPU.
    memory: GiB that each may ask for. threads: of each; None is its share of the cores.
    """

    jobs: int | None = None
    per_gpu: int | None = None
    memory: float | None = None
    threads: int | None = None


def workers(jobs: int) -> int:
    """Decoding processes of each of so many: of its share of the cores, one is left to compute."""
    return max(_cores() // jobs - 1, 1)


def slots(share: Share, device: str) -> list[Slot]:
    """One for each process; one alone, of which nothing was asked, has the machine as it is.

    A `UsageError` where processes on GPUs are asked for, and there is none.
    """
    asked = share.per_gpu or (share.jobs or 1) > 1
    found = gpus() if asked and device != "cpu" else []
    if share.per_gpu and not found:
        raise UsageError(f"--per-gpu {share.per_gpu}: there is no GPU here; give --jobs")
    jobs = count(share, len(found))
    memory = None if share.memory is None else int(share.memory * GIB)
    return [Slot(_environment(share, jobs, found, number), memory) for number in range(jobs)]


def count(share: Share, gpus: int) -> int:
    most = gpus * share.per_gpu if share.per_gpu else None
    return min(most, share.jobs) if most and share.jobs else share.jobs or most or 1


def _environment(share: Share, jobs: int, found: list[str], number: int) -> dict[str, str]:
    threads = share.threads or (max(_cores() // jobs, 1) if jobs > 1 else None)
    env = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
    return env | ({"CUDA_VISIBLE_DEVICES": found[number % len(found)]} if found and jobs > 1 else {})


def gpus() -> list[str]:
    """As `CUDA_VISIBLE_DEVICES` names them; by their UUIDs, which no order of devices changes."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip() not in ("", "-1")]
    try:
        query = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
        said = subprocess.run(query, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return said.split()


def _cores() -> int:
    return os.cpu_count() or 2
