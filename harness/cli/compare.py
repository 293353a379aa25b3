"""`harness compare`: two arms with the runs that there are, in a hurry: no plan, no verdict. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.plain_text import counted
from harness.cli.options import json_option, measured_on_option, run_folders_option
from harness.cli.records import read_records

if TYPE_CHECKING:
    from results.statistics.nested import Interval, Nested
    from results.studies.arms import Arm
    from results.studies.contrast import Contrast
    from results.studies.quick import Other, Quick

MOST = 3  # other settings that are named, and differences of each
EPILOG = """\b
Examples:
  harness compare mbd two_stream
  harness compare mbd mbd:final=false --pairs 6 --metric average.top1
  harness compare mbd:local.frames=8 mbd --runs runs --json
"""


@dataclass(frozen=True)
class CompareOptions:
    """What `harness compare` was given. pairs: that are wanted. margin: points that matter."""

    left: str
    right: str
    pairs: int
    metric: str
    margin: float
    runs: tuple[Path, ...]
    dataset: str | None
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Pre-trainings that are wanted; under fewer, the commands of the missing runs are shown.",
)
@click.option(
    "--metric",
    default="own.top1",
    show_default=True,
    help="Output and measure, as average.top1, local.top1 or own.conflict.",
)
@click.option(
    "--margin",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Points that matter: what the number of pairs is told for.",
)
@run_folders_option()
@measured_on_option()
@json_option()
def compare(**given: Any) -> None:
    """Compare arms A and B: a method, or a method with settings as in mbd:final=false,temperature=2.

    The finished runs are used, paired by pre-trained pair and seed. Shown are the paired difference with its
    two intervals, p and how many pairs would decide it. There is no verdict: 'harness study' gives one.
    """
    from results.studies.arms import typed
    from results.studies.quick import check_metric
    from results.studies.quick import compare as compared

    options = CompareOptions(**given)
    records = read_records(options.runs, options.dataset).records
    chosen = [each for each in records if options.dataset in (None, each.data.dataset)]
    left, right = typed(options.left), typed(options.right)
    _check(left, right)
    check_metric(options.metric, chosen)
    found = compared(chosen, left, right, options.pairs, options.metric, options.margin)
    if options.as_json:
        click.echo(json.dumps(_row(found, options), indent=1, ensure_ascii=False))
    else:
        _show(found, options)


def _check(left: Arm, right: Arm) -> None:
    from methods.catalogue import METHODS

    if left.name == right.name:
        raise click.UsageError(f"{left.name} and {right.name} are the same arm")
    for arm in (left, right):
        METHODS.get(arm.method)  # an unknown one is said with a suggestion


def _show(found: Quick, options: CompareOptions) -> None:
    contrast = found.found
    if contrast is None:
        click.echo(f"no pre-trained pair and seed has both {options.left} and {options.right}")
    else:
        first, *lines = _lines(contrast, found, f"{options.left} above {options.right}")
        click.echo("\n  ".join([first, *lines]))
    for line in _others(found, options):
        click.echo(line)
    _show_missing(found, options)


def _lines(contrast: Contrast, found: Quick, order: str) -> list[str]:
    from harness.console.signed import signed
    from results.matching import where
    from results.studies.report.cells import OVER, THESE

    differences, (shown, pairs) = contrast.differences, contrast.showing
    runs = f"{counted(differences.runs, 'run')} of each arm"
    return [
        f"{contrast}: {signed(differences.mean)} points",
        f"{_half(contrast.over)} {OVER} ({_pairs(pairs, found)}){_floor(differences)}",
        f"{_half(contrast.these)} {THESE} ({runs}){_second_seed(contrast, found)}",
        *(_chance(contrast, found.needed) if pairs > 1 else ["one pre-training: no p value, no spread"]),
        f"the first run shows {order} in {shown} of {pairs} pre-trainings",
        f"on {where(found.runs[0])}, {_videos(contrast, found)}{_studies(found)}",
        "a quick look, not a verdict: 'harness study' plans the number of runs before they are made",
    ]


def _chance(contrast: Contrast, needed: int | None) -> list[str]:
    """Two questions: is there a difference, and how many pre-trainings would one of the margin take?"""
    margin = f"a difference of {contrast.margin:g} point{'s' * (contrast.margin != 1)} (--margin)"
    count = f"about {needed}" if needed else "more than 1000"
    return [
        f"p = {contrast.p.direction:.2g}, of a difference as large or larger if there were none "
        "(two-sided paired t test over pre-trainings)",
        f"to tell {margin} from none would take {count} pre-trainings at this spread (80 % power)",
    ]


def _videos(contrast: Contrast, found: Quick) -> str:
    """How many test videos a run's share is of, and which rule fused them."""
    from results.records import share

    of = {each.of for record in found.runs if (each := share(record, contrast.left.metric))}
    videos = f"{' or '.join(map(str, sorted(of)))} test videos of each run"
    own = contrast.left.metric.startswith("own.")
    return videos + ", each arm fused by its method's own rule" * own


def _studies(found: Quick) -> str:
    names = sorted({record.study.name for record in found.runs if record.study})
    return f"; runs of the study {' and '.join(names)}" if names else ""


def _pairs(count: int, found: Quick) -> str:
    """From scratch, each seed stands for a pre-training of its own."""
    if any(record.starts_from.pair for record in found.runs):
        return f"{count} of them"
    return f"{counted(count, 'seed')} from scratch, {'each ' * (count > 1)}a pre-training of its own"


def _floor(differences: Nested) -> str:
    """Where pairs hardly differ: two equal numbers of videos do not prove equal accuracies."""
    step = f"{differences.resolution:.2g} points"
    return f", the narrowest that steps of one video ({step}) allow" if differences.at_floor else ""


def _second_seed(contrast: Contrast, found: Quick) -> str:
    """What is lacking for the second interval; from scratch there are no streams to begin with again."""
    if contrast.deviations()[1] is not None or not any(each.starts_from.pair for each in found.runs):
        return ""
    return ": it takes a second joint seed of each pre-training (--pair P --seed S)"


def _half(interval: Interval) -> str:
    return f"± {interval.half:.2f} (95 %)" if isfinite(interval.half) else "no interval"


def _others(found: Quick, options: CompareOptions) -> list[str]:
    """That there are runs under other settings, which no row of this comparison has."""
    from results.matching import where

    if not found.others:
        return []
    kinds: dict[tuple[str, str], list[Other]] = {}
    dataset = found.runs[0].data.dataset
    for other in found.others:  # those that read the same are one line
        same = other.like.data.dataset == dataset
        how = ", ".join(other.differs[:MOST]) if same else where(other.like)
        kinds.setdefault((how, f" (--dataset {other.like.data.dataset})" * (not same)), []).append(other)
    said = []
    for (how, hint), alike in list(kinds.items())[:MOST]:
        left, right = sum(each.left for each in alike), sum(each.right for each in alike)
        several = f", in {len(alike)} settings" * (len(alike) > 1)
        count = f"{counted(left, 'run')} of {options.left}, {right} of {options.right}{several}"
        said.append(f"  {how}: {count}{hint}")
    more = len(kinds) - MOST
    head = f"taken: the settings with most runs of both ({where(found.runs[0])}); there are also runs with"
    return [head, *said, *[f"  and {more} other settings"] * (more > 0)]


def _show_missing(found: Quick, options: CompareOptions) -> None:
    """What makes the runs that are missing. The one place that knows them: to make them, run these."""
    if not found.lacking:
        return
    click.echo(f"for {options.pairs} pre-trainings of both, run:")
    for line in missing_commands(found, options.pairs):
        click.echo(f"  {line}")


def missing_commands(found: Quick, pairs: int) -> list[str]:
    """`harness run …` of each arm that has too few pairs; as the runs that are there were made."""
    from results.cell_commands import run_command
    from results.studies.quick import without_pair

    like = without_pair(found.runs[0]) if found.runs else None
    return [run_command(arm.side(), "", pairs, like) for arm, _ in found.lacking]


def _row(found: Quick, options: CompareOptions) -> dict[str, Any]:
    from results.studies.report.rows import row

    numbers = row("quick look", found.found) if found.found else {}
    others = [
        {"dataset": one.like.data.dataset, "differs": one.differs, "runs_a": one.left, "runs_b": one.right}
        for one in found.others
    ]
    more = {
        "pairs_needed": found.needed,
        "missing": missing_commands(found, options.pairs),
        "other_settings": others,
    }
    return {"a": options.left, "b": options.right, "metric": options.metric, **numbers, **more}
