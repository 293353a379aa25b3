"""`harness data`: check a data set, make the generated clips, preview what the streams see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.preview import preview

if TYPE_CHECKING:
    from harness.console.console import Screen
    from harness.data.survey import Checked, Survey

SHOWN = 20

DATA_ROOT = click.option("--data-root", type=click.Path(path_type=Path), help="Folder of the data set.")
SPLIT = click.option("--split", help="Split of the data set.")
SET = click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="e.g. data.annotations=DIR.")


@click.group(epilog="Example: harness data make DIR; harness data preview --dataset folder --data-root DIR")
def data() -> None:
    """Check a data set, make the generated clips, preview what the streams see."""


@data.command(epilog="Example: harness data check ucf101 --data-root DIR --split 1")
@click.argument("dataset")
@DATA_ROOT
@SPLIT
@SET
@click.option("--workers", type=click.IntRange(min=1), help="Decoding threads [default: by the cores].")
@click.option("--out", type=click.Path(path_type=Path), help="File of the report [default: by the name].")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
def check(
    dataset: str,
    data_root: Path | None,
    split: str | None,
    pairs: tuple[str, ...],
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Decode every video of DATASET: which are broken, odd, missing, or in both splits.

    Leaves a report with a fingerprint of the content. Exit code 1 where a video is broken, both trained and
    tested on, or missing where a run would stop for it (of kinetics400 some always are). Copies that were
    encoded again are not found: equal means the same bytes.
    """
    import json
    import os

    from harness.console.console import Screen
    from harness.data.survey import survey
    from harness.files import check_writable, write_json

    screen = Screen(json=as_json)
    given = _settings(pairs)
    if out:
        check_writable(out)
    index = _open(dataset, data_root, split, _lenient(dataset) | given)
    screen.videos(index)
    with screen.progress("decode", len(index.train) + len(index.test)):
        found = survey(
            index, workers or os.cpu_count() or 1, lambda done, all_: screen.advance("decode", done, all_, "")
        )
    report = found.plain()
    path = out or Path(f"data-check-{dataset}-{index.split}-{found.content[:8]}.json")
    _show(found, screen)
    if as_json:
        click.echo(json.dumps(report, indent=1, ensure_ascii=False))
    write_json(path, report)
    screen.say(f"report: {path}")
    stops = index.missing and (_defaults(dataset) | given).get("missing") == "error"
    return 1 if found.broken or found.across or stops else 0


@data.command(epilog="Example: harness data make clips --set data.train_per_class=4")
@click.argument("folder", type=click.Path(path_type=Path))
@SET
def make(folder: Path, pairs: tuple[str, ...]) -> None:
    """Render the generated clips into FOLDER, for runs here and as plain class folders for anything else."""
    import shlex

    from harness.console.console import Screen

    index = _open("localglobal", folder, None, _settings(pairs))
    inner = index.train[0].path.parents[2]
    screen = Screen(json=False)
    screen.say(
        f"{len(index.train)} training and {len(index.test)} test clips of {len(index.classes)} classes"
    )
    screen.say(f"generated clips: --dataset localglobal --data-root {shlex.quote(str(folder))}")
    screen.say(f"plain class folders: --dataset folder --data-root {shlex.quote(str(inner))}")


data.add_command(preview)


def _open(dataset: str, root: Path | None, split: str | None, settings: dict[str, Any]) -> Any:
    from harness.data.registry import open_index

    return open_index(dataset, root, split, settings)


def _settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    """The data set's own settings among `--set` pairs; others are refused."""
    from harness.config.resolve import parse_settings

    tree = parse_settings(pairs)
    settings = tree.get("data", {}).get("settings", {})
    if set(tree) - {"data"} or set(tree.get("data", {})) - {"settings"}:
        raise click.UsageError("here --set takes a data set's own settings only, as data.KEY=VALUE")
    return dict(settings)


def _lenient(dataset: str) -> dict[str, Any]:
    """A check lists what is wrong and goes on, where a run would stop."""
    return {name: "warn" for name in ("missing", "checks") if name in _defaults(dataset)}


def _defaults(dataset: str) -> dict[str, Any]:
    """The data set's own settings as they are where none is given."""
    import inspect

    from backbones.base.registry import load
    from harness.data.registry import DATASETS

    known = inspect.signature(load(DATASETS.get(dataset).builder)).parameters
    return {name: parameter.default for name, parameter in known.items()}


def _show(found: Survey, screen: Screen) -> None:
    _list(screen, "missing", list(found.index.missing))
    _list(screen, "broken", [f"{_where(video)}: {video.broken}" for video in found.broken])
    _list(screen, "odd", [f"{_where(video)}: {video.odd}" for video in found.odd])
    _list(screen, "in both splits", [" = ".join(map(_where, group)) for group in found.across])
    inside = [group for group in found.twice if group not in found.across]
    _list(screen, "twice in one split", [" = ".join(map(_where, group)) for group in inside])
    lengths = sorted(video.frames for video in found.videos if not video.broken)
    sizes = {video.size for video in found.videos if not video.broken}
    if lengths:
        middle, several = lengths[len(lengths) // 2], "s" * (len(sizes) > 1)
        screen.say(
            f"frames: {lengths[0]} to {lengths[-1]}, median {middle}; {len(sizes)} frame size{several}"
        )
    screen.say(f"content: SHA-256 {found.content}")


def _where(video: Checked) -> str:
    return f"{video.part} {video.id}"


def _list(screen: Screen, what: str, lines: list[str]) -> None:
    from rich.markup import escape

    screen.say(f"{what}: {len(lines)}")
    for line in lines[:SHOWN]:
        screen.say(f"  {escape(line)}")
    if lines[SHOWN:]:
        screen.say(f"  and {len(lines) - SHOWN} more: see the report")
