"""Which engine a campaign was given, with its settings: `--engine`, `--engine-set`. No torch."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backbones.base.errors import UsageError
from harness.campaign.engines.local import Local
from harness.campaign.engines.slots import Share, slots, workers
from harness.campaign.engines.task import Engine
from harness.campaign.engines.through import Kept, Through, nobody
from harness.campaign.store.place import Store, opened
from harness.record.software.commit import this_code

LOCAL, SLURM, RAY = "local", "slurm", "ray"
NEEDS = {SLURM: "submitit", RAY: "ray"}  # the package of each, whose extra has the engine's name


@dataclass(frozen=True)
class Asked:
    """What was typed. settings: each KEY=VALUE. store: a URL, where machines share no disk."""

    engine: str = LOCAL
    settings: Sequence[str] = ()
    store: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a campaign's processes run. workers: decoding processes of each, where nobody says how many; None
    leaves it to the process, which has this machine alone. store: what their runs go through, if anything."""

    engine: Engine
    workers: int | None
    store: Store | None = None


def place(asked: Asked, share: Share, device: str, logs: Path) -> Place:
    """logs: folder of what the processes print. A `UsageError` where the engine's package is not installed,
    or a setting or a GPU is not there, or a store's URL is none."""
    check_installed(asked.engine)
    if asked.engine == SLURM and asked.store is not None:
        raise UsageError("--store: jobs of SLURM have a disk in common with this machine; leave it out")
    store = None if asked.store is None else opened(asked.store)
    return replace(_place(asked, share, device, logs), store=store)


def through(there: Place, out: Path, runs: Path, kept: Kept | None = None, code: str = "") -> Engine:
    """Its engine; where it has a store, with all runs through that (`Through`). kept: is told what came home.
    code: the commit that all machines have to have; "" is that of this code."""
    if there.store is None:
        return there.engine
    return Through(there.engine, there.store, out, runs, kept or nobody, code or this_code())


def _place(asked: Asked, share: Share, device: str, logs: Path) -> Place:
    settings = _settings(asked)
    if asked.engine == SLURM:
        return _slurm(settings, share, device, logs)
    if asked.engine == RAY:
        return _ray(settings, share, device, logs)
    if settings:
        raise UsageError(f"--engine-set {next(iter(settings))}: --engine {asked.engine} has no settings")
    places = slots(share, device)
    return Place(Local(places), workers(len(places)) if len(places) > 1 else None)


def check_installed(engine: str) -> None:
    """A `UsageError` that says what to install."""
    package = NEEDS.get(engine)
    spec = importlib.util.find_spec(package) if package else None
    if package and (spec is None or spec.origin is None):  # a folder of that name is no package either
        raise UsageError(
            f'--engine {engine} needs the package {package}: pip install "mbd-harness[{engine}]"; '
            "--engine local does without"
        )


def _settings(asked: Asked) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in asked.settings:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not name or not equals or name in found:
            raise UsageError(f"--engine-set {text}: expected KEY=VALUE, each key once")
        found[name] = value
    return found


def _slurm(settings: dict[str, str], share: Share, device: str, logs: Path) -> Place:
    from harness.campaign.engines.slurm.cluster import SlurmCluster, ThisMachine
    from harness.campaign.engines.slurm.engine import MOST, Slurm
    from harness.campaign.engines.slurm.settings import cpus, parameters

    here = settings.pop("cluster", "slurm")
    if here not in ("slurm", "local"):
        raise UsageError(f"--engine-set cluster={here}: expected slurm, or local to try it on this machine")
    if here == "slurm" and not shutil.which("srun"):
        raise UsageError("--engine slurm: no srun here; give the command on a machine of the cluster")
    cores = cpus(settings, share)
    kind = ThisMachine if here == "local" else SlurmCluster
    cluster = kind(logs.absolute() / SLURM, parameters(settings, share, device))
    env = {"OMP_NUM_THREADS": str(share.threads or cores)}
    most = share.jobs or (1 if here == "local" else MOST)
    return Place(Slurm(cluster, env, most), max(cores - 1, 1))


def _ray(settings: dict[str, str], share: Share, device: str, logs: Path) -> Place:
    from harness.campaign.engines.ray.engine import Ray
    from harness.campaign.engines.ray.settings import resources

    asked = resources(settings, share, device)
    env = {"OMP_NUM_THREADS": str(share.threads or asked.cpus)}  # Ray gives one thread to a task
    engine = Ray(settings.get("address", "auto"), logs.absolute(), asked, env, share.jobs)
    return Place(engine, max(asked.cpus - 1, 1))
