"""`harness predict`: a finished run's predictions for your videos."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import config_option, device_option, json_option, run_folder_option
from harness.cli.path_type import PATH

if TYPE_CHECKING:
    from harness.evaluation.predict import Prediction, Predictor

TOP = 5  # classes that are shown

EPILOG = """\b
Examples:
  harness predict 3f2a my_video.mp4
  harness predict 3f2a *.mp4 --json
  harness predict 3f2a my_video.mp4 --figure prediction.png
  harness predict 3f2a my_video.mp4 --table predictions.csv
"""


@dataclass(frozen=True)
class PredictOptions:
    """What `harness predict` was given. run: its name. out: folder of runs."""

    run: str
    videos: tuple[Path, ...]
    figure: Path | None
    table: Path | None
    config: Path | None
    device: str
    out: Path
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.argument("videos", metavar="VIDEO|FOLDER…", nargs=-1, required=True, type=PATH)
@click.option("--figure", type=PATH, help="Draw each stream's frames and the predictions, as PNG.")
@click.option("--table", type=PATH, metavar="FILE.csv", help="Write a row for each video, with all scores.")
@config_option("A file with other views than the run was tested on: 'test: {local_clips: 10, crops: 3}'.")
@device_option()
@run_folder_option()
@json_option()
@click.pass_context
def predict(ctx: click.Context, **given: Any) -> None:
    """Predict the class of videos with a finished run: top 5 of each stream and of their fusion.

    Also shown: the dominance of each stream (how confident it is on the video, by the paper's equation 1) and
    the fusion weights. The views are those that the run was tested on, unless --config says others. A video
    or a folder that cannot be read is reported in one line and the others are predicted; the exit code is
    then 1. Of a folder, every video in it and below is predicted, but not behind links out of it. RUN is an
    id, the beginning of an id, or a run's folder.
    """
    from harness.files import check_writable
    from harness.record.folder import finished_run

    options = PredictOptions(**given)
    if options.table and options.table.suffix.lower() != ".csv":
        raise click.UsageError(f"--table {options.table}: expected a name that ends in .csv")
    for file in (options.figure, options.table):
        if file:
            check_writable(file)
    videos, passed_over = _videos(options.videos)
    found = finished_run(options.out, options.run)
    views = _views(options.config) if options.config else {}

    from harness.evaluation.predict import Predictor  # torch comes with it

    predictor = Predictor(found, options.device, views)
    predictions = predictor.predict(videos)
    good = [each for each in predictions if each.error is None]
    if options.as_json:
        click.echo(json.dumps([vars(each) for each in predictions], indent=1, ensure_ascii=False))
    else:
        for each in good:
            _show(each)
    if options.table:
        _write(options.table, predictions, predictor.record.data.classes)
        click.echo(f"table: {options.table}", err=options.as_json)
    if options.figure and good:
        _draw(options.figure, predictor, good, options.as_json)
    errors = [*passed_over, *(each.error for each in predictions if each.error is not None)]
    for line in errors:
        click.echo(f"error: {line}", err=True)
    ctx.exit(1 if errors else 0)


def _videos(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """(videos as they were given; of a folder, all in it and below, in the order of their names; a line for
    each folder below that is passed over)."""
    from harness.data.class_folders import videos_below

    found: list[Path] = []
    passed_over: list[str] = []
    for path in paths:
        inside, lines = videos_below(path) if path.is_dir() else ([path], [])
        if not inside:
            raise click.UsageError(lines[0] if lines else f"{path}: no videos in this folder, by their names")
        found += inside
        passed_over += lines
    return found, passed_over


def _write(table: Path, predictions: Sequence[Prediction], classes: Sequence[str]) -> None:
    """CSV, a row for each video."""
    import csv
    import io

    from backbones.base.plain_text import clean, in_csv
    from harness.evaluation.predict import columns
    from harness.files import write_text

    rows = [each.row() for each in predictions]
    heads = columns(rows, classes)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(in_csv, heads))
    for row in rows:
        cells = [row.get(head, "") for head in heads]
        writer.writerow(in_csv(clean(cell)) if isinstance(cell, str) else cell for cell in cells)
    write_text(table, text.getvalue())


def _views(file: Path) -> dict[str, int]:
    """What the file says of the views; all else is as the run was trained."""
    from backbones.base.errors import UsageError
    from harness.config.base.config_file import read_config
    from harness.config.resolve import resolve

    base, known = read_config(file), ("local_clips", "global_clips", "crops")
    said = base.said.get("test", {})
    other = next(
        (name for name in base.settings if name != "test" and name.partition("test.")[2] not in known), None
    )
    if base.whole is not None or other:
        row = base.rows.get(other or "preset", str(file))
        names = ", ".join(f"test.{name}" for name in known)
        raise UsageError(f"{row}: predict takes only {names} from a file; all else is as the run was trained")
    test = resolve(base, {}, ()).test
    return {name: getattr(test, name) for name in said}


def _draw(path: Path, predictor: Predictor, good: list[Prediction], as_json: bool) -> None:
    from harness.evaluation.predict_figure import draw

    draw(path, [(each, predictor.clips(Path(each.video))) for each in good])
    click.echo(f"figure: {path}", err=as_json)


def _show(prediction: Prediction) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from backbones.base.plain_text import clean

    console = Console(highlight=False)
    # A path is there to be copied and searched for: it is one line, whatever the width, and nothing else.
    console.print(Text(clean(prediction.video)), style="bold", soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    guesses, dominance, weights = prediction.guesses or {}, prediction.dominance or {}, prediction.weights
    for name in guesses:
        table.add_column(prediction.fusion or "fused" if name == "fused" else name)
        table.add_column("%", justify="right")
    for row in zip(*(all_of_them[:TOP] for all_of_them in guesses.values()), strict=True):
        cells = [cell for each in row for cell in (each["class"], f"{100 * each['score']:.1f}")]
        table.add_row(*(Text(clean(cell)) for cell in cells))
    console.print(table)
    if not dominance:  # of one stream there is nothing to compare
        return
    parts = [f"dominance local {dominance['local']:.4f}, global {dominance['global']:.4f}"]
    if weights:
        rule = f"weights of fusion {prediction.fusion}"
        parts.append(f"{rule}: local {weights['local']:.3f}, global {weights['global']:.3f}")
    console.print("; ".join(parts) + "\n", style="dim")
