"""`harness show` and `harness runs`: records, without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

OUT = click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.command(epilog="Example: harness show 3f2a")
@click.argument("name", metavar="RUN")
@OUT
@JSON
def show(name: str, out: Path, as_json: bool) -> None:
    """Show a run's record. RUN: its id, the beginning of it, or its folder."""
    from harness.record.folder import finished_run

    run = finished_run(out, name)
    record = run.record()
    if as_json:
        click.echo(record.model_dump_json(indent=1))
        return
    from harness.config.schema import Config
    from harness.console.console import Screen
    from harness.console.summary import show_record

    screen = Screen(json=False)
    screen.config(Config.model_validate(record.config))
    show_record(screen.console, record)
    screen.say(f"record: {run.record_path}")


@click.command(epilog="Example: harness runs --json")
@OUT
@JSON
def runs(out: Path, as_json: bool) -> None:
    """List the runs that are there, oldest first, with their state."""
    from backbones.base.errors import UsageError
    from harness.record.folder import all_runs

    if not (out.is_dir() or out == Path("runs")):  # the default one comes with the first run
        raise UsageError(f"--out {out}: there is no such folder of runs")
    rows = [_row(run) for run in all_runs(out)]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif not rows:
        click.echo(f"no runs in {out}/ yet; start with: harness run --method mbd --backbone r2plus1d50")
    else:
        from rich.console import Console
        from rich.markup import escape

        from harness.console import columns

        cells = [[escape(str("–" if value is None else value)) for value in row.values()] for row in rows]
        columns.show(Console(highlight=False), "", list(COLUMNS.values()), cells)


COLUMNS = {
    "run": "run",
    "state": "state",
    "method": "method",
    "local": "local",
    "global": "global",
    "data": "data",
    "seed": "seed",
    "fused_top1": "fused top-1 % ↑",
    "test_videos": "n",
}


def _row(run: Any) -> dict[str, Any]:
    from backbones.base.errors import UserError
    from harness.config.labels import label

    config = run.read_config()
    if not config:
        return dict.fromkeys(COLUMNS) | {"run": run.id, "state": "config.json cannot be read"}
    streams = {
        name: label(stream["backbone"], stream["width"], stream.get("modality", "rgb"))
        for name, stream in ((name, config[name]) for name in ("local", "global"))
    }
    row = {
        "run": run.id,
        "state": run.state(),
        "method": config["method"]["name"],
        **streams,
        "data": f"{config['data']['dataset']} {config['data']['split']}",
        "seed": config["seed"],
        "fused_top1": None,
        "test_videos": None,
    }
    if run.finished:
        try:
            record = run.record()
        except UserError as error:
            click.echo(f"not usable: {error}", err=True)
            return row | {"state": "not usable"}
        own = record.metrics.fusion.get(record.fusion)
        if own:
            row |= {"fused_top1": round(own.top1.percent, 1), "test_videos": own.top1.of}
    return row
