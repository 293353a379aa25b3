"""`harness export model`: a run's networks as files that need no harness."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness.cli.options import data_root_option, json_option, run_folder_option
from harness.cli.path_type import PATH

EPILOG = """\b
Examples:
  harness export model 3f2a --out model
  harness export model 3f2a --stream global --format safetensors --out global
  harness export model 3f2a --format torch-export --format safetensors --out both
"""
FORMATS = ("torch-export", "onnx", "safetensors")


@dataclass(frozen=True)
class ModelOptions:
    """What `harness export model` was given. out: folder of runs."""

    run: str
    formats: tuple[str, ...]
    streams: tuple[str, ...]
    folder: Path
    data_root: Path | None
    out: Path
    force: bool
    as_json: bool


@click.command("model", epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    default=FORMATS[:1],
    show_default="torch-export",
    help="May be repeated. onnx needs the extra 'onnx'.",
)
@click.option(
    "--stream",
    "streams",
    type=click.Choice(["local", "global", "fused"]),
    multiple=True,
    help="One stream, or both fused by the run's own rule; may be repeated [default: all].",
)
@click.option("--out", "folder", type=PATH, required=True, help="Folder for the files and the model card.")
@click.option("--force", is_flag=True, help="Replace an earlier export in this folder.")
@data_root_option("Folder of the run's data set: each file is compared with the run on clips of it.")
@run_folder_option("--runs")
@json_option("Print model.json.")
def model(**given: Any) -> None:
    """Export the networks of a finished run: graphs for torch.export or ONNX, or tensors alone.

    A graph takes clips as they were decoded (uint8) and normalises them itself. Each file is read back and
    compared with the run's own networks on clips of the run's videos; one that differs too much is not
    written. Beside the files there are a model card (README.md) and the same for programs (model.json).
    """
    from harness.record.folder import finished_run

    options = ModelOptions(**given)
    run = finished_run(options.out, options.run)
    from harness.export.export import Wanted, export  # torch comes with it

    formats, streams = (tuple(dict.fromkeys(each)) for each in (options.formats, options.streams))
    wanted = Wanted(streams, formats, options.folder, options.force, options.data_root)
    made = export(run, wanted, lambda line: click.echo(line, err=True))
    if options.as_json:
        click.echo(json.dumps(made, indent=1, ensure_ascii=False))
        return
    for each in made["files"]:
        parity = each["parity"]
        worst = max(parity["differences"].values())
        click.echo(
            f"{options.folder / each['file']}: {each['format']}, {each['bytes'] / 1e6:.1f} MB; largest "
            f"difference from the run's network {worst:.1e} on {parity['clips']} clips of its videos "
            f"(tolerance {parity['tolerance']:g})"
        )
    click.echo(f"{options.folder / 'README.md'}: the model card; model.json has the same for programs")
