"""How many processes make one run, and which of them this is: by torchrun, by SLURM's srun, or alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from backbones.base.errors import UsageError

_TASKS = re.compile(r"(\d+)(?:\(x(\d+)\))?")


@dataclass(frozen=True)
class Launched:
    """What started this process says.

    world: processes in all. here: of them on each machine. rank: this one among all, from 0; the first one
    writes. local: among those of its machine. machine: which one, from 0. by: "torchrun", "srun", or "" for
    one process alone.
    """

    world: int = 1
    here: int = 1
    rank: int = 0
    local: int = 0
    machine: int = 0
    by: str = ""

    @property
    def first(self) -> bool:
        return self.rank == 0


def launched(environment: Mapping[str, str] | None = None) -> Launched:
    """From torchrun's variables; else from SLURM's, inside a step of several tasks; else one process.

    A batch script that asks for several tasks is itself one process: only `srun` starts them.
    Raises UsageError for variables that contradict each other, and for machines with unequal numbers of
    processes.
    """
    env = os.environ if environment is None else environment
    if "WORLD_SIZE" in env:
        return _torchrun(env)
    if _number(env, "SLURM_STEP_NUM_TASKS", 1) > 1 and "SLURM_PROCID" in env:
        return _srun(env)
    return Launched()


def _torchrun(env: Mapping[str, str]) -> Launched:
    world = _number(env, "WORLD_SIZE", 1)
    here = _number(env, "LOCAL_WORLD_SIZE", world)
    if not world or not here or world % here:
        raise UsageError(
            f"{world} processes on machines with {here} each: use the same number on each machine"
        )
    if world > 1 and "RANK" not in env:
        raise UsageError(
            f"WORLD_SIZE is {world} but RANK is not set: unset WORLD_SIZE, or start with torchrun"
        )
    rank, local = _number(env, "RANK", 0), _number(env, "LOCAL_RANK", 0)
    return Launched(world, here, rank, local, _number(env, "GROUP_RANK", rank // here), "torchrun")


def _srun(env: Mapping[str, str]) -> Launched:
    world = _number(env, "SLURM_STEP_NUM_TASKS", 1)
    each = _tasks_per_node(env.get("SLURM_STEP_TASKS_PER_NODE", env.get("SLURM_NTASKS_PER_NODE", "")))
    if not each:
        raise UsageError(
            f"srun started {world} tasks but does not say how many on each node: give --ntasks-per-node"
        )
    if len(set(each)) > 1:
        raise UsageError(
            f"srun started {', '.join(map(str, each))} tasks on its nodes: give --ntasks-per-node, so that "
            "each has the same number"
        )
    return Launched(
        world,
        each[0],
        _number(env, "SLURM_PROCID", 0),
        _number(env, "SLURM_LOCALID", 0),
        _number(env, "SLURM_NODEID", 0),
        "srun",
    )


def _tasks_per_node(text: str) -> list[int]:
    """As SLURM writes it: `2(x3),1` is 2, 2, 2, 1."""
    found = [_TASKS.fullmatch(part.strip()) for part in text.split(",")]
    return [int(match[1]) for match in found if match for _ in range(int(match[2] or 1))]


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise UsageError(f"{name} is '{text}'; expected a number; unset it, or start with torchrun or srun")
    return int(text)


def step_port(environment: Mapping[str, str]) -> int:
    """Where the tasks of a SLURM step meet: MASTER_PORT, or one that two steps of one job, and the steps of
    jobs that share a node, do not have in common; below those that Linux gives out itself (32768 on)."""
    if "MASTER_PORT" in environment:
        return _number(environment, "MASTER_PORT", 0)
    job = _number(environment, "SLURM_JOB_ID", 0)
    step = _number(environment, "SLURM_STEP_ID", 0)
    return 10_000 + (job * 61 + step) % 22_000
