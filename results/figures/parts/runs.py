"""The runs of one setting, and the files next to their records. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backbones.base.errors import UsageError, UserError
from harness.config.command import RunCommand, loaded_files
from harness.papers.registry import PAPERS
from harness.record.events import read as read_events
from harness.record.folder import RunFolder
from harness.record.schema import Record
from methods.catalogue import METHODS, uses_own_networks
from results.cell_commands import run_command
from results.claims.side import Side
from results.figures.model import Source
from results.outputs.videos import Videos, scored_videos
from results.records import method_given, protocol_id, streams
from results.reproduce import again

Has = Callable[[Source, Record], bool]
MOST = 5  # runs that are named under a figure


def is_there(source: Source, record: Record) -> bool:
    """The record itself is enough."""
    return True


def with_outputs(source: Source, record: Record) -> bool:
    """Whether the outputs of the record's run were kept."""
    return any(run.outputs.exists() for run in _folders(source, record))


def with_events(source: Source, record: Record) -> bool:
    """Whether the events of the record's run were kept."""
    return any(run.events.exists() for run in _folders(source, record))


def command(source: Source, method: str = "") -> str:
    """What makes a run of the method, by default the papers' first, on the asked data set."""
    method = method or PAPERS.main
    if source.dataset in (None, "localglobal"):
        backbone = "" if uses_own_networks(method) else "r2plus1d50"
        files = loaded_files(method, "", "", [])
        return RunCommand(method, "", backbone=backbone, plugins=tuple(files)).line()
    return run_command(Side.parse(f"{method} @ own.top1"), source.dataset or "", 1)


def candidates(source: Source) -> list[Record]:
    """Records that fit what was asked."""
    return [
        record
        for record in source.loaded.records
        if source.dataset in (None, record.data.dataset)
        and (source.seeds is None or record.config["seed"] < source.seeds)
        and source.method in (None, record.config["method"]["name"])
        and (source.run is None or record.id.startswith(source.run))
        and source.protocol in (None, protocol_id(record))
    ]


def chosen(source: Source, name: str, has: Has = is_there) -> list[Record]:
    """The records of one setting, by seed: of those asked for, by default those of the papers' first method,
    the one with most seeds.

    has: whether the files that a figure needs were kept with a record; such records come first.
    A `UserError` where there is no such run, a `UsageError` where one of that id was asked for.
    """
    found: dict[tuple[str, ...], list[Record]] = {}
    for record in candidates(source):
        found.setdefault(setting_of(record), []).append(record)
    if not found:
        if source.run and source.loaded.records:
            raise UsageError(
                f"figure '{name}': no finished run '{source.run}' here; 'harness runs' lists those there are"
            )
        METHODS.get(source.method or PAPERS.main)  # raises for a misspelt one
        asked = source.method or source.dataset
        what = f"no run of '{asked}' here" if asked and source.loaded.records else "no finished run here"
        raise UserError(
            f"figure '{name}': {what}; '{command(source, source.method or PAPERS.main)}' makes one"
        )
    kept = [[record for record in records if has(source, record)] for records in found.values()]
    best = max(
        [records for records in kept if records] or found.values(),
        key=lambda records: (_is_first(records[0]), len(records), records[-1].finished),
    )
    return sorted(best, key=lambda record: (record.config["seed"], record.data.split))


def setting_of(record: Record) -> tuple[str, ...]:
    """Equal for runs that differ in nothing but their seed (and an official split)."""
    method = record.config["method"]
    return protocol_id(record), method["name"], str(sorted(method_given(record).items()))


def _is_first(record: Record) -> tuple[bool, bool]:
    return record.config["method"]["name"] == PAPERS.main, not method_given(record)


def folder(source: Source, record: Record) -> RunFolder:
    """Where the record lies, with the run's outputs where they were kept; else a `UserError`."""
    found = _folders(source, record)
    if not found:
        raise UserError(
            f"of run {record.id} only the record was kept, as studies do; '{again(record)}' runs it again"
        )
    return next((run for run in found if run.outputs.exists()), found[0])


def _folders(source: Source, record: Record) -> list[RunFolder]:
    """Of the finished run; none of a record that lies in a study's file."""
    found = [RunFolder(place / record.id) for place in source.folders]
    return [run for run in found if run.finished]


def events(source: Source, record: Record) -> list[dict[str, Any]]:
    """Of training; empty where only the record was kept."""
    path = folder(source, record).events
    return [event for event in read_events(path) if event["event"] == "train"] if path.exists() else []


def videos(source: Source, record: Record, name: str) -> Videos:
    """The stored outputs of a run's test; a `UserError` where they are not there, or not what it wrote."""
    run = folder(source, record)
    path = run.outputs
    if not path.exists():
        raise UserError(
            f"figure '{name}': run {record.id} has no stored outputs ({path} is not there)"
            + (run.how_to_fetch(path) or f"; '{again(record)}' runs it again")
        )
    return scored_videos(run, record)


def who(records: Sequence[Record]) -> str:
    """`mbd on localglobal, r2plus1d50 ×¼ + vtn_vitb ×¼`."""
    first = records[0]
    settings = "".join(f" {key}={value}" for key, value in method_given(first).items())
    return f"{first.config['method']['name']}{settings} on {first.data.dataset}, {streams(first)}"


def apart(record: Record) -> list[str]:
    """A note where a figure of all test videos has those of families that the tables leave out."""
    families = " and ".join(record.data.apart)
    return [f"of all test videos; tables leave out those of {families}"] if families else []


def few(names: Sequence[str]) -> str:
    """All of up to MOST names, else the first of them and how many more there are."""
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")


def origin(records: Sequence[Record]) -> str:
    """A note: which runs, and under which protocol."""
    first, several = records[0], len(records) > 1
    seeds = [str(record.config["seed"]) for record in records]
    studies = sorted({record.study.name for record in records if record.study})
    named = f", of the study {' and '.join(studies)}" if studies else f" (seed{'s' * several} {few(seeds)})"
    return (
        f"measured: run{'s' * several} {few([record.id for record in records])}{named}, preset "
        f"{first.config['preset']}, {first.resolved.get('precision')}, harness {first.harness_version}, "
        f"identity {first.identity}, protocol {protocol_id(first)}"
    )
