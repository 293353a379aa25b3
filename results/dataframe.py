"""Records as a pandas DataFrame: a row per run, for whoever would rather plot or test them in a notebook.

Columns, where X is "local", "global", a fusion rule, or "fused" (the rule of the method itself):

    run, method, seed, dataset, split, fusion,  as the record has them; local, global: the streams' labels
      local, global, finished, harness_version, ("r2plus1d50 ×¼"); finished: ISO 8601
      schema_version
    X.top1, X.top5, X.family.FAMILY             video accuracy in percent; families of generated clips
    X.clip_top1, X.clip_top5                    of the streams: every view judged alone, in percent
    ….low, ….high, ….interval                   95 % interval in percent, over test videos, and its method
    ….correct, ….of                             videos (of clip_…: views); undecodable ones are wrong
    X.nll, X.ece                                nats; percent
    X.to_average, and .low, .high, .interval    top-1 less that of average fusion, in points
    dominance.local, .agreement,                percent of the test videos, with intervals as above
      .family.FAMILY, .max_softmax,
      .local_per_class.CLASS
    dominance.mean_…                            means over the test videos, without a unit
    config.…                                    every setting, as the configuration names it; lists as JSON
    resolved.…, environment.…                   what the run found: precision, device, versions
    cost.run.…, cost.full.…                     of the run's networks, of the full-width ones: parameters,
                                                macs and flops are counts; ….latency_ms, ….peak_memory_mb
    timings.…                                   seconds where the name ends in _s; videos_per_s per second

A cell is missing where a run has no such value, as of a stream that was not used. Counts are "Int64", so that
they stay whole where some are missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.record.schema import Difference, Record, Scores, Share
from results.records import STREAMS, scores

if TYPE_CHECKING:
    from pandas import DataFrame

Row = dict[str, Any]


def frame(records: Iterable[Record]) -> DataFrame:
    """A row per record, in their order."""
    from pandas import DataFrame

    rows = [_row(record) for record in records]
    names = dict.fromkeys(name for row in rows for name in row)
    return DataFrame({name: _column([row.get(name) for row in rows]) for name in names})


def _row(record: Record) -> Row:
    return (
        _facts(record)
        | _accuracies(record)
        | _values("dominance", dict(record.metrics.dominance))
        | _flat("config", record.config)
        | _flat("resolved", record.resolved)
        | _flat("environment", record.environment)
        | _flat("cost", record.cost.model_dump())
        | _flat("timings", record.timings.model_dump())
    )


def _facts(record: Record) -> Row:
    return {
        "run": record.id,
        "method": record.config["method"]["name"],
        "seed": record.config["seed"],
        "dataset": record.data.dataset,
        "split": record.data.split,
        "fusion": record.fusion,
        **record.labels,
        "finished": record.finished,
        "harness_version": record.harness_version,
        "schema_version": record.schema_version,
    }


def _accuracies(record: Record) -> Row:
    names = {"fused": "own"} | {name: name for name in (*STREAMS, *record.metrics.fusion)}
    found = {name: scores(record, output) for name, output in names.items()}
    return {
        column: value
        for name, each in found.items()
        if each is not None
        for column, value in _output(name, each).items()
    }


def _output(name: str, each: Scores) -> Row:
    """What was measured of one output; settings and facts of fusion rules are left out."""
    measured = {key: value for key, value in each if isinstance(value, Share | Difference | float)}
    measured.pop("fit_s", None)
    return _values(name, measured | {"per_family": each.per_family})


def _values(name: str, values: Mapping[str, Any]) -> Row:
    """Columns of named shares, differences and numbers, and of the shares of each family."""
    row: Row = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            row |= _values(f"{name}.{key.removeprefix('per_')}", value)
        elif isinstance(value, Share | Difference):
            row |= _with_interval(f"{name}.{key}", value)
        else:
            row[f"{name}.{key}"] = value
    return row


def _with_interval(name: str, value: Share | Difference) -> Row:
    row = {f"{name}.low": value.low, f"{name}.high": value.high, f"{name}.interval": value.method}
    if isinstance(value, Difference):
        return {name: value.points} | row
    return {name: value.percent} | row | {f"{name}.correct": value.correct, f"{name}.of": value.of}


def _flat(name: str, value: Any) -> Row:
    if isinstance(value, Mapping):
        return {k: v for key, each in value.items() for k, v in _flat(f"{name}.{key}", each).items()}
    return {name: json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value}


def _column(values: Sequence[Any]) -> Any:
    """With one type. A setting that is a word in one run and a number in another is text."""
    from pandas import array

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return array(values, dtype="boolean")
    if kinds == {int}:
        return array(values, dtype="Int64")
    if len(kinds) > 1 and kinds != {int, float}:
        return [None if value is None else str(value) for value in values]
    return [float(v) if isinstance(v, int) else v for v in values] if kinds == {int, float} else list(values)
