"""A user's own runs: what tells those apart that look alike, and how the methods compare."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

from harness.config.difference import as_yaml
from harness.record.comparison.selection import differing
from harness.record.index.flat import flat_settings
from harness.record.schema import Record
from results.matching import where
from results.records import groups, method_given, streams
from results.studies.arms import OF_METHOD, Arm
from results.studies.quick import compare
from results.studies.report.cells import NONE, OVER, THESE, chance, half, points, shown
from results.tables.model import Cell, Table, words

BASELINE = "two_stream"
MOST = 4  # settings in a cell
# What other columns show, or what a seed draws.
ELSEWHERE = (
    *("seed", "method.name", "data.dataset", "data.split", "data.seed"),
    *(
        f"{name}.{key}"
        for name in ("local", "global")
        for key in ("backbone", "width", "modality", "weights")
    ),
)


def settings_of(records: Sequence[Record]) -> list[str]:
    """Of each run the method's settings, and those that tell it from runs that look like it."""
    alike: dict[Hashable, list[dict[str, Any]]] = {}
    flat = [_others(record) for record in records]
    for record, leaves in zip(records, flat, strict=True):
        alike.setdefault(_looks(record), []).append(leaves)
    apart = {looks: differing(members) for looks, members in alike.items()}
    return [
        _listed(method_given(record), {name: leaves.get(name) for name in apart[_looks(record)]})
        for record, leaves in zip(records, flat, strict=True)
    ]


def _looks(record: Record) -> Hashable:
    given = str(sorted(method_given(record).items()))
    return record.config["method"]["name"], given, streams(record), record.data.dataset, record.data.split


def _others(record: Record) -> dict[str, Any]:
    leaves = flat_settings(record.config)
    drop = (*ELSEWHERE, *(OF_METHOD + name for name in method_given(record)))
    return {key: value for key, value in leaves.items() if key not in drop}


def _listed(given: dict[str, Any], others: dict[str, Any]) -> str:
    pairs = [f"{key}={as_yaml(value)}" for key, value in (given | others).items()]
    more = f" and {len(pairs) - MOST} more" * (len(pairs) > MOST)
    return " ".join(pairs[:MOST]) + more


def comparisons(records: Sequence[Record], methods: Collection[str], margin: float) -> Table | None:
    """Paired differences over pre-trainings as `harness compare` has them, of runs of no study: under each
    protocol, every method to two_stream, or to the first where it was not run. None where no two methods
    started from the same streams and seed. margin: the points that matter.
    """
    own = [each for each in records if each.study is None and each.config["method"]["name"] in methods]
    rows = [row for members in groups(own).values() for row in _of_protocol(members, margin)]
    if not rows:
        return None
    columns = ["A − B", f"top-1 points {OVER}", THESE, "pre-trainings", "A above B in", "p, different", "on"]
    made = Table("comparisons", "Methods compared: your runs of no study", columns, rows)
    made.footer = [
        "paired by pre-trained streams and seed, each with its method's own fusion rule; ± 95 % intervals",
        "a look, not a verdict: a study ('harness study') fixes the number of runs before they are made",
    ]
    return made


def not_compared(records: Sequence[Record], methods: Collection[str]) -> list[str]:
    """A line where runs of no study are of methods whose plug-in is not loaded."""
    names = {each.config["method"]["name"] for each in records if each.study is None} - set(methods)
    if not names:
        return []
    return [f"comparisons of {', '.join(sorted(names))}, whose plug-in is not loaded; give it: --plugin FILE"]


def _of_protocol(records: Sequence[Record], margin: float) -> list[list[Cell]]:
    arms = list(dict.fromkeys(map(_arm, records)))
    base = Arm(BASELINE) if Arm(BASELINE) in arms else arms[0]
    rows = []
    for arm in (each for each in arms if each != base):
        found = compare(records, arm, base, 1, margin=margin).found
        if found is not None:
            several = found.differences.pairs > 1
            p = chance(found.p.direction) if several else Cell(NONE)
            rows.append(
                [
                    *(words(f"{arm.name} − {base.name}"), points(found.over, found.differences.pairs)),
                    *(half(found.these), words(str(found.differences.pairs)), words(shown(found)), p),
                    words(where(records[0])),
                ]
            )
    return rows


def _arm(record: Record) -> Arm:
    given = method_given(record)
    pairs = tuple(sorted(f"{OF_METHOD}{key}={as_yaml(value)}" for key, value in given.items()))
    return Arm(record.config["method"]["name"], pairs)
