"""Records of finished runs, read from folders and kept apart by protocol. No torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.imports import uncollected
from backbones.base.streams import STREAMS, PerStream
from harness.config.difference import AS_WEIGHTS, is_drawn, is_of_a_run, protocol_settings
from harness.config.labels import NOT_USED
from harness.data.registry import DATASETS
from harness.record.comparison.replication import CONTRADICTION, SAME, how_to_look, relation
from harness.record.failures import Failure, failures
from harness.record.identity import comparable_settings
from harness.record.index.reading import all_records
from harness.record.index.shape import Runs, shape_of
from harness.record.plugins import one_version
from harness.record.reading import record_files, tested
from harness.record.schema import Dominance, Record, RunRecord, Scores, Share, StreamMetrics
from methods.catalogue import teacher_of

# Accuracy on these is the mean over their official splits, which are no replicates.
OFFICIAL_SPLITS = {"ucf101": 3, "hmdb51": 3}
OF_THE_PAIR = ("local.weights", "global.weights", "data.seed")
R = TypeVar("R", bound=RunRecord)
JOINED = "+"  # between the ids of the runs that an ensemble is made of


@dataclass(frozen=True)
class Loaded:
    """records: one per run id, oldest first. problems: a line for each file that cannot be used.

    failures: runs of a campaign that failed. paths: of each record, by its run's id.
    """

    records: tuple[Record, ...]
    problems: tuple[str, ...]
    failures: tuple[Failure, ...] = ()
    paths: dict[str, Path] = field(default_factory=dict)


def run_ids(records: Iterable[Record]) -> tuple[str, ...]:
    """Of the runs, each once; an ensemble's are those that it is made of."""
    return tuple(dict.fromkeys(name for record in records for name in record.id.split(JOINED)))


def check_folders(folders: Iterable[Path]) -> None:
    """A `UsageError` for a folder that is not there; the default one comes with the first run."""
    for folder in folders:
        if not (folder.is_dir() or folder == Path("runs")):
            raise UsageError(f"--runs {folder}: there is no such folder of runs")


def load_records(folders: Iterable[Path], new: bool = False) -> Loaded:
    """All records under `folders` (`<folder>/<id>/record.json`, or those of a study in `pair-….jsonl`).

    A damaged one becomes a problem, and so do a replication that disagrees (the first one counts) and
    runs of another version of a plug-in. Two of one run that disagree although they were made alike are a
    `UserError`. A folder that was named and is not there is a `UsageError`, unless runs are about to be made
    there (`new`).
    """
    usable: list[tuple[Path, Record]] = []
    folders = list(folders)
    if not new:
        check_folders(folders)
    with uncollected():  # hundreds of thousands of small objects, none of them garbage
        inside = {folder: all_records([folder]) for folder in folders}
    problems = (
        [] if new else [line for folder in folders if not inside[folder] if (line := _no_records(folder))]
    )
    for path, found in (each for folder in folders for each in inside[folder]):
        if isinstance(found, str):
            problems.append(found)
            continue
        if (record := tested(found)) is not None:  # not a pre-training, nor a tuning run
            usable.append((path, record))
    usable, others = one_version(usable)
    records, disagreeing = each_once(usable)
    problems += others + disagreeing
    kept = sorted((record for record, _ in records.values()), key=lambda record: record.finished)
    failed = tuple(failure for folder in folders for failure in failures(folder))
    paths = {name: path for name, (_, path) in records.items()}
    return Loaded(tuple(kept), tuple(problems), failed, paths)


def each_once(found: Iterable[tuple[Path, R]]) -> tuple[dict[str, tuple[R, Path]], list[str]]:
    """(the first record of each run with its file, by the run's id; a line for each that differs from it
    because it was made elsewhere). Two that were made alike and disagree are a `UserError`."""
    records: dict[str, tuple[R, Path]] = {}
    problems: list[str] = []
    for path, record in found:
        if record.id in records:
            problems += _replication(*records[record.id], record, path)
        records.setdefault(record.id, (record, path))
    return records, problems


def _replication(first: RunRecord, where: Path, second: RunRecord, place: Path) -> list[str]:
    """What is to be said of two records of one run: nothing where they agree."""
    how = relation(first, second)
    if how == SAME:
        return []
    if how == CONTRADICTION:
        if where == place:
            raise UserError(f"two records of run {first.id} in {where} disagree; keep one of these lines")
        raise UserError(
            f"two records of run {first.id} disagree: {where} and {place}; keep one of them; "
            f"{how_to_look(str(where), str(place))}"
        )
    on = first.environment.get("device_name"), second.environment.get("device_name")
    return [
        f"{place} (on {on[1]}): a replication of {where} (on {on[0]}), which differs; "
        f"{how_to_look(str(where), str(place))}"
    ]


def _no_records(folder: Path) -> str:
    """Of a folder that was named, where it holds no record; the default one may be empty."""
    if folder == Path("runs") or record_files(folder):
        return ""
    inner = sorted({path.parents[1].name for path in folder.glob("*/*/record.json")})
    hint = f"; its subfolders {', '.join(inner)} do" if inner else f" (expected {folder}/RUN/record.json)"
    return f"'{folder}' contains no records of runs{hint}"


def check_dataset(name: str | None, records: Iterable[Record]) -> None:
    """A `UsageError` for a data set that neither this harness nor a record knows."""
    known = list(dict.fromkeys([*DATASETS.discover().names(), *(record.data.dataset for record in records)]))
    if name is not None and name not in known:
        raise UsageError(f"no data set '{name}'{suggestion(name, known) or ';'} there are {', '.join(known)}")


def of_streams(record: Record) -> PerStream[StreamMetrics]:
    """The metrics of each stream, tested alone."""
    return PerStream(record.metrics.local, record.metrics.glob)


def scores(record: Record, output: str) -> Scores | None:
    """Of a used stream, of a fusion rule, or of the method's own rule ("own"); None where there is none."""
    if output in STREAMS:
        if record.labels.get(output) == NOT_USED:
            return None
        return record.metrics.local if output == "local" else record.metrics.glob
    return record.metrics.fusion.get(record.fusion if output == "own" else output)


def can_fail(record: Record, found: Scores) -> bool:
    """Whether its top-5 can: the top-2 of two classes is always right."""
    return found.k != len(record.data.classes)


def share(record: Record, metric: str) -> Share | None:
    """What "average.top1", "local.shared" (of a stream, on a family), "dominance.local" (also of one class,
    "dominance.local[Rafting]") or "dominance.agreement" is; None where the record has none, as of a stream
    that was not used, or top-5 of so few classes that it cannot fail."""
    output, _, what = metric.partition(".")
    if output == "dominance":
        both = NOT_USED not in record.labels.values()
        return _of_dominance(record.metrics.dominance, what) if both else None
    found = scores(record, output)
    if found is None or (what == "top5" and not can_fail(record, found)):
        return None
    return getattr(found, what) if what in ("top1", "top5") else found.per_family.get(what)


def _of_dominance(dominance: Dominance, what: str) -> Share | None:
    name, bracket, rest = what.partition("[")
    if bracket:
        return dominance.local_per_class.get(rest.removesuffix("]")) if name == "local" else None
    return {"local": dominance.local, "agreement": dominance.agreement}.get(what)


def measure(record: Record, metric: str) -> float | None:
    """A share in percent; None where the record has none."""
    found = share(record, metric)
    return found.percent if found else None


def method_given(record: Record) -> dict[str, Any]:
    """The method's settings that the run was given, in which it is not as by default."""
    return dict(record.config["method"].get("settings", {}))


def protocol(record: Record, free: Sequence[str] = ()) -> dict[str, Any]:
    """All that must be equal for two records to stand in one table.

    free: further keys that may differ ("local.backbone" frees that stream's own settings too). The method,
    the seed and, where accuracy is a mean over official splits, the split may differ always.
    """
    leaves = protocol_settings(comparable_settings(record.config), free)
    leaves.pop("fit.rules", None)  # which rules are fitted, on the same videos, changes none of the others
    facts = {
        "precision": record.resolved.get("precision"),
        "micro_batch": record.resolved.get("micro_batch"),
        # What the first release called it: its protocols keep their ids, whichever release follows.
        "schema": record.identity,
        "code": "0.1.0",
        "data": record.data.fingerprint,
    }
    if record.data.dataset in OFFICIAL_SPLITS:
        leaves.pop("data.split", None)
        del facts["data"]
    if is_drawn(record.data.dataset):
        del facts["data"]
    if record.starts_from.pair is not None:  # first weights and scenes are the pair's, as replicates differ
        for key in OF_THE_PAIR:
            leaves.pop(key, None)
        facts.pop("data", None)
        leaves |= record.starts_from.pair.settings
    return leaves | facts


def protocol_id(record: Record, free: Sequence[str] = ()) -> str:
    """Six hex digits, the same where two protocols are equal. free: as of `protocol`."""
    memo = shape_of(record.config).memo
    key = (*_beside_the_shape(record), *free)
    if key not in memo:
        text = json.dumps(protocol(record, free), sort_keys=True)
        memo[key] = hashlib.sha256(text.encode()).hexdigest()[:6]
    found: str = memo[key]
    return found


def _beside_the_shape(record: Record) -> tuple[Hashable, ...]:
    """All else that `protocol` reads: two records of one shape differ in it where their protocols do. Of the
    runs that streams come from it reads that they are runs, and whether they are one."""
    config, data, pair = record.config, record.data, record.starts_from.pair
    weights = [config[name].get("weights") for name in STREAMS]
    kinds = [AS_WEIGHTS if is_of_a_run(each) else each for each in weights]
    drawn = is_drawn(str(config["data"]["dataset"]))
    own = None if drawn or pair else config["data"].get("settings", {}).get("seed")
    facts = "" if drawn or pair or data.dataset in OFFICIAL_SPLITS else data.fingerprint
    return (
        *("protocol", teacher_of(config["method"]["name"]), drawn, pair is None, own, facts, data.dataset),
        *(record.resolved.get("precision"), record.resolved.get("micro_batch"), record.identity),
        *(*kinds, weights[0] == weights[1], json.dumps(pair.settings, sort_keys=True) if pair else ""),
    )


def groups(records: Iterable[Record], free: Sequence[str] = ()) -> dict[str, Runs[Record]]:
    """Records by protocol."""
    runs = records if isinstance(records, Runs) else Runs(records)
    if tuple(free) not in runs.protocols:
        found: dict[str, list[int]] = {}
        for places in alike(runs):
            found.setdefault(protocol_id(runs[places[0]], free), []).extend(places)
        runs.protocols[tuple(free)] = {
            name: Runs(runs[place] for place in sorted(places)) for name, places in found.items()
        }
    return dict(runs.protocols[tuple(free)])


def alike(runs: Runs[Record]) -> list[list[int]]:
    """The places of records that have one protocol, whatever is free; of thousands these are few."""
    if "alike" not in runs.memo:
        found: dict[Hashable, list[int]] = {}
        for place, record in enumerate(runs):
            found.setdefault((shape_of(record.config), *_beside_the_shape(record)), []).append(place)
        runs.memo["alike"] = list(found.values())
    places: list[list[int]] = runs.memo["alike"]
    return places


def streams(record: Record) -> str:
    """`r2plus1d50 ×¼ + vtn_vitb ×¼`."""
    return " + ".join(record.labels[name] for name in STREAMS)
