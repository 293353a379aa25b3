"""`harness study grid`: what a paper's own experiments cost on GPUs, and what to run first. No torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import json_option

if TYPE_CHECKING:
    from results.grid.grid import Grid, Step
    from results.grid.price import Rate, Share

EPILOG = """\b
Examples:
  harness study grid mbd
  harness study grid mbd --on a100 --pairs 6
  harness study grid mbd --dataset ucf101 --step-time 0.9
"""


@dataclass(frozen=True)
class GridOptions:
    """What `harness study grid` was given. datasets: of the paper's, all where none is named."""

    paper: str
    on: str
    utilisation: float | None
    step_time: float | None
    pairs: int
    datasets: tuple[str, ...]
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("paper")
@click.option("--on", default="h100", show_default=True, help="GPU: h100, h200, a100 or 4090.")
@click.option(
    "--utilisation",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the GPU's published rate that training reaches [default: 0.17, as measured on an H100].",
)
@click.option(
    "--step-time",
    type=click.FloatRange(0, min_open=True),
    help="Seconds of one timed step of two_stream under the paper's preset, instead of a published rate.",
)
@click.option("--pairs", type=click.IntRange(1), default=6, show_default=True, help="Pre-trainings.")
@click.option("--dataset", "datasets", multiple=True, help="Only this one of the paper's. May be repeated.")
@json_option()
def grid(**given: Any) -> None:
    """What PAPER's own experiments would cost under its own preset, and which of its orders to decide first.

    Hours are derived: counted multiply-adds of the networks, times clips and epochs, over the rate of a GPU.
    """
    from results.grid.grid import grid as grid_of
    from results.grid.grid import in_order, protocol
    from results.grid.price import by_table, measured, published
    from results.grid.rates import UTILISATION, gpu

    options = GridOptions(**given)
    _check(options)
    found = grid_of(options.paper, options.pairs, options.datasets)
    rate = (
        measured(protocol(options.paper), options.step_time)
        if options.step_time
        else published(gpu(options.on), options.utilisation or UTILISATION)
    )
    tables, steps = by_table(found, rate), in_order(found)
    if options.as_json:
        click.echo(json.dumps(_plain(found, rate, tables, steps), indent=1, ensure_ascii=False))
    else:
        _show(options, found, rate, tables, steps)


def _check(options: GridOptions) -> None:
    from backbones.base.errors import UsageError, suggestion
    from harness.papers.registry import PAPERS
    from results.grid.rates import VIDEOS

    PAPERS.get(options.paper)
    for name in options.datasets:
        if name not in VIDEOS:
            hint = suggestion(name, list(VIDEOS)) or ";"
            raise UsageError(f"--dataset {name}: its size is not known{hint} known are {', '.join(VIDEOS)}")


def _plain(found: Grid, rate: Rate, tables: list[Share], steps: list[Step]) -> dict[str, Any]:
    return {
        "provenance": "derived",
        "rate": asdict(rate),
        "hours": rate.hours(found.flops(found.runs)),
        "tables": [asdict(table) for table in tables],
        "orders": [
            {"claim": step.order.claim.id, "hours": rate.hours(step.flops), "runs": step.runs}
            for step in steps
        ],
        "unknown": list(found.unknown),
        "impossible": dict(found.impossible),
    }


def _show(options: GridOptions, found: Grid, rate: Rate, tables: list[Share], steps: list[Step]) -> None:
    from rich.console import Console

    from harness.console.columns import show

    console = Console(highlight=False)
    if not found.orders:
        click.echo(f"{options.paper}: no order between runs on data sets of known size")
        return
    click.echo(f"{options.paper}, {options.pairs} pairs; {rate.how}; all hours are derived")
    rows = [
        [t.name, str(t.orders), f"{t.runs:,}", _hours(t.hours, t.whole, 0), f"{t.data_gb:,.0f}"]
        + [f"{number:,.0f}" for number in (t.maps_gb, t.read)]
        for t in tables
    ]
    headings = ("table, data set", "orders", "runs", "GPU hours", "videos GB", "maps GB", "MB/s read")
    show(console, "Each table alone, its pre-trainings included", headings, rows)
    show(
        console,
        "What to run first",
        ("claims", "on", "runs", "GPU hours", "in all"),
        _first(found, rate, steps),
    )
    total = rate.hours(found.flops(found.runs))
    whole = found.is_counted(found.runs)
    hours, days = _hours(total, whole, 0), _hours(total / 8 / 24, whole, 1)
    click.echo(f"in all {len(found.runs)} runs, {hours} GPU hours; at best {days} days on 8 GPUs")
    for name in found.unknown:
        click.echo(f"not counted, so left out of the hours: {name}")
    for claim, why in found.impossible:
        click.echo(f"{claim} is decided by no run: {why}")


def _first(found: Grid, rate: Rate, steps: list[Step]) -> list[list[str]]:
    """Orders that come for nothing stand with the one whose runs decide them."""
    rows: list[list[str]] = []
    hours, sure = 0.0, True
    for step in steps:
        if step.runs or not rows:
            hours += rate.hours(step.flops)
            whole = found.is_counted(step.order.runs)
            sure = sure and whole
            cells = [f"{step.runs:,}", _hours(rate.hours(step.flops), whole, 1), _hours(hours, sure, 0)]
            rows.append([step.order.claim.id, step.order.claim.dataset, *cells])
        else:
            rows[-1][0] += f", {step.order.claim.id}"
    return rows


def _hours(hours: float, whole: bool, digits: int) -> str:
    """More than that, where a network is not counted."""
    return "> " * (not whole) + f"{hours:,.{digits}f}"
