"""From floating-point operations to GPU hours, gigabytes and reading rates. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.campaign.planned import Planned
from harness.config.difference import run_key
from harness.config.resolve import resolve
from results.grid.grid import Grid
from results.grid.rates import UTILISATION, VIDEOS, Gpu
from results.grid.work import FLOPS_OF_A_MAC, FORWARD_AND_BACKWARD, macs_of_clip

HOUR = 3600
# Of a run of r2plus1d50 and vtn_vitb: 3.9 GB of maps for the 19,881 test videos of Kinetics-400.
MAPS_BYTES = 3.9e9 / 19_881


@dataclass(frozen=True)
class Rate:
    """flops_per_s: that a training reaches. how: from what, as it is shown."""

    flops_per_s: float
    how: str

    def hours(self, flops: float) -> float:
        return flops / self.flops_per_s / HOUR


def published(gpu: Gpu, utilisation: float) -> Rate:
    """Derived: the maker's peak, times the share of it that is assumed to be reached."""
    of = " (the share that an H100 reached)" if utilisation == UTILISATION else ""
    how = f"{gpu.name}: {utilisation:.0%}{of} of its published {gpu.tflops:g} TFLOPS (bf16, {gpu.source})"
    return Rate(gpu.tflops * 1e12 * utilisation, how)


def measured(preset: str, seconds: float) -> Rate:
    """From one step of two_stream under this preset that was timed on the GPU in question."""
    config = resolve(preset, {"method": {"name": "two_stream"}}, [])
    macs = sum(macs_of_clip(stream) or 0 for stream in config.streams().values())
    flops = FLOPS_OF_A_MAC * FORWARD_AND_BACKWARD * macs * config.train.batch_size
    how = f"{seconds:g} s for a step of two_stream with {config.train.batch_size} videos, as given"
    return Rate(flops / seconds, how)


@dataclass(frozen=True)
class Share:
    """A part of the grid made alone. read: MB/s that one run reads of its data set while it trains, at most.

    whole: whether all of its networks are counted; else it takes longer.
    """

    name: str
    orders: int
    runs: int
    hours: float
    data_gb: float
    maps_gb: float
    read: float
    whole: bool


def by_table(found: Grid, rate: Rate) -> list[Share]:
    """Of each table and data set, pre-trainings included; what several share is counted in each."""
    parts: dict[str, list[frozenset[str]]] = {}
    for order in found.orders:
        table = order.claim.where.partition(",")[0]
        parts.setdefault(f"{table}, {order.claim.dataset}", []).append(order.runs)
    return [
        share(found, name, len(sets), frozenset().union(*sets), rate) for name, sets in sorted(parts.items())
    ]


def share(found: Grid, name: str, orders: int, keys: Iterable[str], rate: Rate) -> Share:
    keys = list(keys)
    runs = [found.runs[key] for key in keys]
    datasets = {run.config.data.dataset for run in runs}
    return Share(
        name=name,
        orders=orders,
        runs=len(runs),
        hours=rate.hours(found.flops(keys)),
        data_gb=sum(VIDEOS[dataset].gb for dataset in datasets),
        maps_gb=sum(_maps_gb(run) for run in runs),
        read=max(_read(run, found, rate) for run in runs),
        whole=found.is_counted(keys),
    )


def _maps_gb(run: Planned) -> float:
    test = run.config.test
    stored = test.store_maps and test.part != "none"
    return VIDEOS[run.config.data.dataset].test * MAPS_BYTES / 1e9 if stored else 0.0


def _read(run: Planned, found: Grid, rate: Rate) -> float:
    """MB/s; every epoch reads every file once."""
    work = found.works[run_key(run.config.plain())]
    seconds = rate.hours(work.train) * HOUR
    gb = VIDEOS[run.config.data.dataset].gb * run.config.train.epochs
    return 1e3 * gb / seconds if seconds else 0.0
