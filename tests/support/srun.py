"""Two processes as `srun -n 2` would start them, on this machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from support.places import ROOT

NOT_SLURMS = ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def variables(rank: int, tasks: int = 2) -> dict[str, str]:
    """As SLURM 23 sets them in a step of one node."""
    return {
        "SLURM_JOB_ID": "4711",
        "SLURM_STEP_ID": "0",
        "SLURM_STEP_NUM_TASKS": str(tasks),
        "SLURM_STEP_TASKS_PER_NODE": str(tasks),
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": str(tasks),
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": str(rank),
        "SLURM_NODEID": "0",
    }


def srun(command: Sequence[str], **more: str) -> list[Ended]:
    """Both processes' ends, in the order of their ranks."""
    base = {name: value for name, value in os.environ.items() if name not in NOT_SLURMS}
    base |= {"MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1", **more}
    started = [
        subprocess.Popen(
            [sys.executable, "-P", *command],
            cwd=ROOT,
            env=base | variables(rank),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=300) for process in started]
    return [Ended(process.returncode, *texts) for process, texts in zip(started, said, strict=True)]
