"""Two arms compared with whatever runs there are: no plan, no controls, and so no verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backbones.base.errors import UsageError, suggestion
from backbones.base.streams import STREAMS
from harness.config.difference import as_yaml, differences, flatten
from harness.record.schema import Record
from methods.fusion.catalogue import FUSIONS
from results.matching import of_setting
from results.records import can_fail, groups, protocol
from results.statistics.power import pairs_needed, upper_limit
from results.statistics.starts import Start, start_of
from results.studies.arms import OF_METHOD, Arm
from results.studies.contrast import Contrast, contrast
from results.studies.measure import HEADLINE, Cell, Matrix, Output

Members = tuple[Record, ...]


@dataclass(frozen=True)
class Other:
    """Runs of one protocol that were not taken. like: one of them. left, right: how many of each arm.
    differs: from those that were taken, as "train.epochs 3, not 5"."""

    like: Record
    left: int
    right: int
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Quick:
    """found: None where no pre-training has both arms. runs: of both arms, in pairs that they share.

    lacking: arms that have fewer pairs than were asked for, with the pairs that they have. needed: pairs that
    would decide the order at this spread (its upper 80 % limit) with 80 % power; None where not known, or
    where not even a thousand would. others: of each further protocol under which either arm was run.
    """

    found: Contrast | None
    runs: Members
    lacking: tuple[tuple[Arm, int], ...]
    needed: int | None
    others: tuple[Other, ...] = ()


def compare(
    records: Iterable[Record], left: Arm, right: Arm, pairs: int, metric: str = HEADLINE, margin: float = 1.0
) -> Quick:
    """Under the one protocol with most pairs and seeds of both. pairs: as many as are wanted."""
    free = tuple({**_of_the_run(left), **_of_the_run(right)})
    tried: list[tuple[Matrix, Sequence[Record]]] = [
        (_matrix(members, left, right), members) for members in groups(records, free).values() if members
    ]
    nothing: tuple[Matrix, Sequence[Record]] = Matrix(), []
    order = sorted(tried, key=lambda each: (_common(each[0]), _of_both(each[0]), len(each[1])), reverse=True)
    (matrix, members), *rest = order or [nothing]
    found = contrast(matrix, Output(left.name, metric), Output(right.name, metric), margin)
    have = [(arm, len({pair for pair, _ in matrix.runs.get(arm.name, {})})) for arm in (left, right)]
    lacking = tuple((arm, count) for arm, count in have if count < pairs)
    others = tuple(_other(each, runs, members, free) for each, runs in rest if _of_both(each))
    return Quick(found, tuple(members), lacking, _needed(found), others)


def check_metric(metric: str, records: Sequence[Record]) -> None:
    """A `UsageError` for what no record of any run could have; records: of the runs at hand, which may know
    families of classes."""
    output, _, what = metric.partition(".")
    outputs = ["own", *STREAMS, *FUSIONS.discover().names(), "dominance"]
    if output not in outputs:
        known = [f"{each}.top1" for each in outputs[:-1]]
        if output == "fused":  # so is the column of a table of runs called
            raise UsageError(f"--metric: no output '{output}'; did you mean 'own.{what or 'top1'}'?")
        hint = suggestion(metric if "." in metric else f"own.{metric}", known)
        raise UsageError(
            f"--metric: no output '{output}'{hint or ';'} expected OUTPUT.MEASURE, as own.top1, with one of "
            f"{', '.join(outputs)}"
        )
    if output == "dominance":
        measures, what = ["local", "agreement"], what.partition("[")[0]
    else:
        families = dict.fromkeys(name for record in records for name in record.metrics.local.per_family)
        tells = any(can_fail(record, record.metrics.local) for record in records)
        measures = ["top1", *["top5"] * tells, *families]
    if records and what not in measures:
        raise UsageError(
            f"--metric: no measure '{what}' of {output}{suggestion(what, measures) or ';'} "
            f"expected {', '.join(f'{output}.{each}' for each in measures)}"
        )


def _other(matrix: Matrix, runs: Sequence[Record], taken: Sequence[Record], free: Sequence[str]) -> Other:
    left, right = (sum(map(len, cells.values())) for cells in matrix.runs.values())
    like = next(members[0] for cells in matrix.runs.values() for members in cells.values())
    ours, theirs = protocol(taken[0], free), protocol(like, free)
    differing = differences(ours, theirs)
    said = (
        "other videos" if key == "data" else f"{key} {as_yaml(here)}, not {as_yaml(there)}"
        for key, (there, here) in differing.items()
    )
    return Other(like, left, right, tuple(said))


def _of_both(matrix: Matrix) -> int:
    """Runs of either arm."""
    return sum(len(runs) for cells in matrix.runs.values() for runs in cells.values())


def _needed(found: Contrast | None) -> int | None:
    variance = found.differences.variance_of_means() if found else None
    if not found or not variance:
        return None
    return pairs_needed(found.margin, upper_limit(variance, found.differences.pairs - 1), 1)


def _matrix(records: Sequence[Record], left: Arm, right: Arm) -> Matrix:
    ours, theirs = _named(records, left, right), _named(records, right, left)
    return Matrix(_numbered({left.name: ours, right.name: theirs}))


def without_pair(record: Record) -> Record:
    """As it was run but for its pre-trained pair, which every other run of its kind has one of its own;
    weights that were given, as ImageNet's, stay."""
    if record.starts_from.pair is None:
        return record
    config = {key: dict(value) if isinstance(value, dict) else value for key, value in record.config.items()}
    for name in STREAMS:
        config[name]["weights"] = None
    config["data"]["settings"] = {k: v for k, v in config["data"].get("settings", {}).items() if k != "seed"}
    return record.model_copy(update={"config": config})


def _named(records: Sequence[Record], arm: Arm, other: Arm) -> dict[Start, dict[str, Record]]:
    """The arm's runs by what they start from and split. What the other arm alone names, this one has as most
    of its runs have it, and not as the other.
    """
    given = _of_the_run(arm)
    chosen = [r for r in of_setting(records, arm.side()) if _has(r, given)]
    for key, value in _of_the_run(other).items():
        if key not in given:
            usual = Counter(v for r in chosen if (v := flatten(r.config).get(key)) != value).most_common(1)
            chosen = [r for r in chosen if usual and flatten(r.config).get(key) == usual[0][0]]
    found: dict[Start, dict[str, Record]] = {}
    for record in chosen:
        found.setdefault(start_of(record), {})[record.data.split] = record
    return found


def _has(record: Record, settings: dict[str, Any]) -> bool:
    leaves = flatten(record.config)
    return all(leaves.get(key) == value for key, value in settings.items())


def _of_the_run(arm: Arm) -> dict[str, Any]:
    """The settings that are not the method's own."""
    return {key: value for key, value in arm.settings().items() if not key.startswith(OF_METHOD)}


def _numbered(arms: dict[str, dict[Start, dict[str, Record]]]) -> dict[str, dict[Cell, Members]]:
    """Pairs by number, joint seeds by theirs."""
    names = sorted({start.pretraining for cells in arms.values() for start in cells}, key=str)
    number = {name: index for index, name in enumerate(names)}
    return {
        arm: {(number[at.pretraining], at.seed): tuple(splits.values()) for at, splits in cells.items()}
        for arm, cells in arms.items()
    }


def _common(matrix: Matrix) -> int:
    cells = [set(each) for each in matrix.runs.values()]
    return len(set.intersection(*cells)) if len(cells) == 2 else 0
