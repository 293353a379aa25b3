"""How long the runs of a campaign will take, by finished runs or a timed step. No torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from backbones.base.errors import UserError
from backbones.base.streams import STREAMS
from harness.campaign.planned import Planned
from harness.config.difference import is_drawn, run_key
from harness.config.recipe.pretraining import begun_from
from harness.record.schema import RunRecord
from harness.record.starts_from import AS_WEIGHTS
from methods.catalogue import METHODS

Seconds = Callable[[Planned], float]  # a `UserError` where it cannot be timed


def estimate(
    runs: Sequence[Planned], records: Sequence[RunRecord], timed: Seconds
) -> tuple[float | None, str]:
    """(seconds of all runs, how that is known): by finished runs of the same cost, else by a timed step.

    A step of a student cannot be timed before its teacher is trained: it is taken to be as long as its
    teacher's.
    """
    means = _means(records)
    total, stepped = 0.0, False
    for run in runs:
        kind = same_cost(run.config.plain())
        if kind not in means:
            try:
                means[kind], stepped = timed(_timeable(run)), True
            except UserError as error:
                return None, f"unknown: a training step could not be timed: {error}"
        total += means[kind]
    how = "a timed step on this machine" if stepped else "finished runs of the same streams and data"
    return total, f"by {how}"


def _timeable(run: Planned) -> Planned:
    """The run itself, from scratch where its weights are not there yet; of a student its teacher."""
    if run.before and METHODS.get(run.config.method.name).teacher:
        return run.before[0].run
    streams = [name for before in run.before for name in before.streams]
    return replace(run, config=begun_from(run.config, dict.fromkeys(streams, None)))


def _means(records: Sequence[RunRecord]) -> dict[str, float]:
    """Mean seconds of finished runs by what they cost."""
    taken: dict[str, list[float]] = {}
    for record in records:
        seconds = record.timings.train_s + record.timings.test_s
        taken.setdefault(same_cost(record.config), []).append(seconds)
    return {kind: sum(values) / len(values) for kind, values in taken.items()}


def same_cost(config: Mapping[str, Any]) -> str:
    """The same for configurations that take about as long: only the method and the seed differ."""
    plain = json.loads(run_key(config))
    for stream in STREAMS:  # which run it begins with changes with the seed
        if str(plain[stream]["weights"]).startswith(AS_WEIGHTS):
            plain[stream]["weights"] = AS_WEIGHTS
    if is_drawn(plain["data"]["dataset"]):  # other scenes are as long
        plain["data"]["settings"].pop("seed", None)
    return json.dumps({name: value for name, value in plain.items() if name not in ("method", "seed")})
