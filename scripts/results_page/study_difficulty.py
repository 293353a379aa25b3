"""What docs/results.md says of a study's pre-trainings: how difficult the clips are for each stream."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev

import study_sections
from study_sections import FAMILIES, to_read

from harness.campaign.study.tasks import PRETRAINING
from harness.record.schema import Record
from results.records import share
from results.study_files import usable


def outside(name: str) -> str:
    """Which of the aims of difficulty were missed after pre-training, in means over pre-trainings."""
    records = _pretrainings(name)
    aims = {
        "local.local": (70, 90),
        "global.global": (70, 90),
        "local.shared": (60, 85),
        "global.shared": (60, 85),
    }
    missed = []
    for metric, (low, high) in aims.items():
        value = mean(found.percent for record in records if (found := share(record, metric)))
        stream, _, family = metric.partition(".")
        if not low <= value <= high:
            where = "below" if value < low else "above"
            missed.append(f"the {stream} stream is {where} {low if value < low else high} % on *{family}*")
    return f"Missed: {'; '.join(missed)}." if missed else "All four are reached."


def pretrained(name: str) -> str:
    """Top-1 of each stream by family after pre-training: means over pairs, and their standard deviation."""
    records = _pretrainings(name)
    lines = [f"| stream | {' | '.join(FAMILIES)} |", "| :--- | ---: | ---: | ---: | ---: |"]
    for stream in ("local", "global"):
        cells = [_spread(records, f"{stream}.{family}") for family in FAMILIES]
        lines.append(f"| {stream} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"Percent, ± standard deviation over {len(records)} pre-trainings."])


def _pretrainings(name: str) -> list[Record]:
    found = to_read(name)
    return [
        each
        for each in usable(found.plan, [study_sections.STUDIES / name])
        if each.study and each.study.arm == PRETRAINING and each.study.plan_sha256 == found.sha256
    ]


def _spread(records: Sequence[Record], metric: str) -> str:
    values = [found.percent for record in records if (found := share(record, metric))]
    return f"{mean(values):.1f} ± {stdev(values):.1f}"


SHOWN = (outside, pretrained)
