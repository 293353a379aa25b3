"""Tasks of a Ray cluster, each of which starts a process and waits for it. No torch."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from backbones.base.errors import UserError
from harness.campaign.engines.child import Child
from harness.campaign.engines.ray.connection import connected
from harness.campaign.engines.ray.node import make
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.submitted import Submitted, driven
from harness.campaign.engines.task import STOPPED, Outcome, Outcomes, Ready, Task
from harness.files import write_text

TICK = 0.5  # seconds between two looks at the logs
RETRIES = 10  # of a task whose worker or node was lost


@dataclass(frozen=True)
class Resources:
    """Of each task. gpus: also a part of one; None is one where the cluster has any. memory: bytes."""

    cpus: int = 1
    gpus: float | None = 0
    memory: int | None = None


@dataclass(frozen=True)
class Ray:
    """logs: a folder of the campaign that all nodes see. env: variables of every task. most: tasks at a time,
    as many as fit where it is None."""

    address: str
    logs: Path
    resources: Resources = Resources()
    env: Mapping[str, str] = field(default_factory=dict)
    most: int | None = None

    def launch(self, ready: Ready, stop: Stop) -> Outcomes:
        """See `Engine`. A worker or a node that is lost costs what lies after its task's checkpoint."""
        with connected(self.address) as ray:
            yield from driven(_Tasks(self, ray, stop), ready, stop)


class _Tasks:
    """running: by Ray's reference of what will be known of its end. asked: how often they were."""

    def __init__(self, engine: Ray, ray: ModuleType, stop: Stop) -> None:
        self.engine, self.ray, self.stop = engine, ray, stop
        self.asked = 0
        self.running: dict[Any, Submitted] = {}
        self.begun: set[str] = set()
        self.mark = (engine.logs / f".ray-{uuid.uuid4().hex}").absolute()
        self.remote = ray.remote(**_options(engine.resources, ray))(make)

    def begin(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if task.name in self.begun or len(self.running) == self.engine.most:
                continue
            if not self.begun:
                write_text(self.mark, "what the nodes of a campaign look for\n")
            self.begun.add(task.name)
            followed = Submitted(task)
            ref = self.remote.options(name=task.name).remote(Child.of(task, self.engine.env), str(self.mark))
            self.running[ref] = followed

    def wait(self) -> list[Outcome]:
        """Of one that has ended, or of none after a tick; the others are asked, where the campaign was."""
        if self.stop.asked > self.asked:
            self.ask(self.stop.asked)
        ended, _ = self.ray.wait([*self.running], num_returns=1, timeout=TICK)
        for task in self.running.values():
            task.read()
        return [self._outcome(ref, self.running.pop(ref)) for ref in ended]

    def ask(self, times: int) -> None:
        self.asked = times
        for ref in self.running:
            self.ray.cancel(ref, force=times > 1)

    def end(self) -> None:
        """Asks all that are still there, as where the caller has failed, and waits for them: Ray would kill
        their processes without a checkpoint."""
        for task in self.running.values():
            task.tells_nobody()
        if self.running and not self.asked:
            self.ask(1)
        if self.running:
            self.ray.wait([*self.running], num_returns=len(self.running))
        self.mark.unlink(missing_ok=True)

    def _outcome(self, ref: Any, task: Submitted) -> Outcome:
        errors = self.ray.exceptions
        try:
            found = self.ray.get(ref)
        except errors.TaskCancelledError:
            return task.ended(STOPPED, self.stop)
        except errors.RayError as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            return task.lost(f"{said[0]} ({RETRIES} retries)", self.stop)
        if found.code is None:
            raise UserError(
                f"node {found.unseen} of the Ray cluster does not see {self.mark.parent}: --out has to be "
                "on a disk that all nodes share, or give --store URL"
            )
        return task.ended(found.code, self.stop, found.last)


def _options(asked: Resources, ray: ModuleType) -> dict[str, Any]:
    """Of Ray's tasks. A `UserError` where no node is large enough: they would wait for ever."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    some = any(node.get("GPU", 0) for node in nodes)
    gpus = float(some) if asked.gpus is None else asked.gpus
    if not any(node.get("CPU", 0) >= asked.cpus and node.get("GPU", 0) >= gpus for node in nodes):
        raise UserError(
            f"no node of the Ray cluster has {asked.cpus} CPUs and {gpus:g} GPUs for a process: give "
            "--engine-set cpus=N or gpus=N"
        )
    found: dict[str, Any] = {"num_cpus": asked.cpus, "num_gpus": gpus, "max_retries": RETRIES}
    return found | ({"memory": asked.memory} if asked.memory else {})
