"""`harness predict`: what a finished run says of your videos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

EPILOG = """\b
Examples:
  harness predict 3f2a my_video.mp4
  harness predict 3f2a *.mp4 --json
  harness predict 3f2a my_video.mp4 --figure seen.png
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.argument("videos", metavar="VIDEO…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--figure", type=click.Path(path_type=Path), help="Draw what was seen and said, as PNG.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def predict(
    ctx: click.Context,
    run: str,
    videos: tuple[Path, ...],
    figure: Path | None,
    device: str,
    out: Path,
    as_json: bool,
) -> None:
    """Top-5 of each stream and fused, dominance and weights, on the views that the run was tested on.

    RUN: its id, the beginning of it, or its folder. A video that cannot be read is one line; the others are
    done, and the exit code is 1.
    """
    from harness.files import check_writable
    from harness.record.folder import finished_run

    if figure:
        check_writable(figure)
    found = finished_run(out, run)

    from harness.evaluation.predict import Predictor  # torch comes with it

    predictor = Predictor(found, device)
    said = predictor.predict(videos)
    good = [each for each in said if each.error is None]
    if as_json:
        click.echo(json.dumps([vars(each) for each in said], indent=1, ensure_ascii=False))
    else:
        for each in good:
            _show(each)
    if figure and good:
        from harness.evaluation.predict_figure import draw

        draw(figure, [(each, predictor.clips(Path(each.video))) for each in good])
        click.echo(f"figure: {figure}", err=as_json)
    for each in said:
        if each.error is not None:
            click.echo(f"error: {each.error}", err=True)
    ctx.exit(0 if len(good) == len(said) else 1)


def _show(said: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(title=said.video, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name, guesses in said.guesses.items():
        table.add_column(said.fusion if name == "fused" else name)
        table.add_column("%", justify="right")
        del guesses
    for row in zip(*said.guesses.values(), strict=True):
        table.add_row(*(cell for each in row for cell in (each["class"], f"{100 * each['score']:.1f}")))
    console.print(table)
    parts = [f"dominance local {said.dominance['local']:.4f}, global {said.dominance['global']:.4f}"]
    if said.weights:
        parts.append(f"weights local {said.weights['local']:.3f}, global {said.weights['global']:.3f}")
    console.print("; ".join(parts) + "\n", style="dim")
