"""`harness data check`: decodes a data set and reports what is wrong with it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.data_settings import data_settings
from harness.cli.options import (
    DATASETS,
    data_root_option,
    json_option,
    set_option,
    split_option,
    workers_option,
)
from harness.cli.path_type import PATH

if TYPE_CHECKING:
    from harness.console.console import RunConsole
    from harness.data.index import VideoIndex
    from harness.data.survey import Checked, Survey

EPILOG = """\b
Examples:
  harness data check ucf101 --data-root DIR --split 1
  harness data check folder --data-root DIR --set data.annotations=list.csv --json
"""
SHOWN = 20


@dataclass(frozen=True)
class CheckOptions:
    """What `harness data check` was given. workers: decoding threads. out: file of the report."""

    dataset: str
    data_root: Path | None
    split: str | None
    pairs: tuple[str, ...]
    workers: int | None
    out: Path | None
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("dataset", shell_complete=DATASETS)
@data_root_option()
@split_option()
@set_option("A setting of the data set, e.g. data.annotations=DIR.")
@workers_option(least=1, help="Decoding threads [default: one per core].")
@click.option("--out", type=PATH, help="File of the report [default: data-check-….json here].")
@json_option("Print the report as JSON.")
def check(**given: Any) -> int:
    """Decode every video of DATASET and list the broken, odd and missing ones, and those in both splits.

    Writes a report with a fingerprint of the content. Exit code 1 if a video is broken, is in both the
    training and the test split, or is missing where a run would stop for it (some of kinetics400 always are).
    Two videos are the same if their bytes are; re-encoded copies are not found.
    """
    from harness.console.console import RunConsole
    from harness.files import check_writable, write_json

    options = CheckOptions(**given)
    console = RunConsole(json=options.as_json)
    settings = data_settings(options.pairs)
    if options.out:
        check_writable(options.out)
    found = _survey(options, settings, console)
    _show(found, console)
    report = found.plain()
    if options.as_json:
        click.echo(json.dumps(report, indent=1, ensure_ascii=False))
    path = options.out or _report_path(options.dataset, found)
    write_json(path, report)
    console.say(f"report: {path}")
    stops = found.index.missing and (_defaults(options.dataset) | settings).get("missing") == "error"
    return 1 if found.broken or found.across or stops else 0


def _survey(options: CheckOptions, settings: dict[str, Any], console: RunConsole) -> Survey:
    from harness.data.registry import open_index
    from harness.data.survey import survey

    lenient = _lenient(options.dataset) | settings
    index: VideoIndex = open_index(options.dataset, options.data_root, options.split, lenient)
    console.videos(index)
    with console.progress("decode", len(index.train) + len(index.test)):
        return survey(
            index,
            options.workers or os.cpu_count() or 1,
            lambda done, total: console.advance("decode", done, total, ""),
        )


def _report_path(dataset: str, found: Survey) -> Path:
    return Path(f"data-check-{dataset}-{found.index.split}-{found.content[:8]}.json")


def _lenient(dataset: str) -> dict[str, Any]:
    """Settings under which a check lists what is wrong and goes on, where a run would stop."""
    return {name: "warn" for name in ("missing", "checks") if name in _defaults(dataset)}


def _defaults(dataset: str) -> dict[str, Any]:
    """Defaults of the data set's own settings."""
    import inspect

    from backbones.base.registry import load
    from harness.data.registry import DATASETS

    known = inspect.signature(load(DATASETS.get(dataset).builder)).parameters
    return {name: parameter.default for name, parameter in known.items()}


def _show(found: Survey, console: RunConsole) -> None:
    _list(console, "missing", list(found.index.missing))
    _list(console, "broken", [f"{_where(video)}: {video.broken}" for video in found.broken])
    _list(console, "odd", [f"{_where(video)}: {video.odd}" for video in found.odd])
    _list(console, "in both splits", [" = ".join(map(_where, group)) for group in found.across])
    inside = [group for group in found.twice if group not in found.across]
    _list(console, "twice in one split", [" = ".join(map(_where, group)) for group in inside])
    lengths = sorted(video.frames for video in found.videos if not video.broken)
    sizes = {video.size for video in found.videos if not video.broken}
    if lengths:
        middle, several = lengths[len(lengths) // 2], "s" * (len(sizes) > 1)
        console.say(
            f"frames: {lengths[0]} to {lengths[-1]}, median {middle}; {len(sizes)} frame size{several}"
        )
    console.say(f"content: SHA-256 {found.content}")


def _where(video: Checked) -> str:
    return f"{video.part} {video.id}"


def _list(console: RunConsole, what: str, lines: list[str]) -> None:

    console.say(f"{what}: {len(lines)}")
    for line in lines[:SHOWN]:
        console.say(f"  {line}")
    if lines[SHOWN:]:
        console.say(f"  and {len(lines) - SHOWN} more: see the report")
