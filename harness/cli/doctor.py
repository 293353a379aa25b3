"""`harness doctor`: whether a run would start here."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.options import (
    data_roots_option,
    device_option,
    json_option,
    precision_option,
    run_folder_option,
)

EPILOG = """\b
Examples:
  harness doctor
  harness doctor --data-root folder=DIR --out runs
  harness doctor --device cpu --json
"""


@click.command(epilog=EPILOG)
@run_folder_option()
@data_roots_option()
@device_option()
@precision_option(default="auto")
@json_option("Print the findings as JSON.")
def doctor(out: Path, data_root: tuple[str, ...], device: str, precision: str, as_json: bool) -> int:
    """Check packages, devices, decoder, disk, memory and data, each with what to do about it.

    Exit code 0 if a run would start here, 1 if not. A warning costs time, or is met by some runs.
    """
    from backbones.base.plain_text import clean
    from harness.doctor.examine import examine
    from harness.doctor.finding import would_start

    findings = []
    for finding in examine(out, data_root, device, precision):
        findings.append(finding)
        if not as_json:
            remedy = f"\n{'':9}{finding.remedy}" if finding.remedy else ""
            click.echo(clean(f"{finding.state:8} {finding.name}: {finding.said}") + remedy)
    starts = would_start(findings)
    if as_json:
        tree = {"would_start": starts, "findings": [vars(finding) for finding in findings]}
        click.echo(json.dumps(tree, indent=1, ensure_ascii=False))
    else:
        click.echo("a run would start" if starts else "a run would not start: see each error above")
    return 0 if starts else 1
