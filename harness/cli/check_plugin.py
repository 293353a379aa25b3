"""`harness check-plugin`: does it keep the contract of its kind?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from backbones.base.plugin import EntryOwner
    from backbones.base.registry import Registry
    from harness.execution.check_entry import Checked

EPILOG = """\b
Examples:
  harness check-plugin my_backbone.py
  harness check-plugin my_dataset.py --data-root DIR --split anna
  harness check-plugin r2plus1d18 --frames 8 --size 64
"""


@click.command("check-plugin", epilog=EPILOG)
@click.argument("what", metavar="FILE.py|NAME")
@click.option("--frames", type=click.IntRange(min=1), help="Frames of a backbone's clips [default: few].")
@click.option("--size", type=click.IntRange(min=1), help="Their side in pixels [default: small].")
@click.option("--width", type=click.FloatRange(min=0, min_open=True), help="Of a backbone [default: narrow].")
@click.option("--data-root", type=click.Path(path_type=Path), help="Folder to try a data set on.")
@click.option("--split", help="Split to try a data set with [default: its first].")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def check_plugin(
    ctx: click.Context, what: str, data_root: Path | None, split: str | None, as_json: bool, **sizes: Any
) -> None:
    """Try every rule of the contract on a plug-in's file (which is executed), or on anything by its name.

    Exit code 1 where a rule does not hold.
    """
    from harness.execution.check_entry import On, check_entry

    on = On({name: value for name, value in sizes.items() if value is not None}, data_root, split)
    checked = [check_entry(registry, name, on) for registry, name in _entries(what)]
    if as_json:
        rows = [
            {"kind": each.kind, "name": each.name, "on": each.note, "holds": each.holds}
            | {"rules": [vars(finding) for finding in each.findings]}
            for each in checked
        ]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        _show(checked)
    ctx.exit(0 if all(each.holds for each in checked) else 1)


def _entries(what: str) -> Sequence[tuple[EntryOwner, str]]:
    """What a file adds, or what is called so."""
    import backbones.catalogue  # noqa: F401  (fills the registry)
    from backbones.base.errors import UsageError, suggestion
    from backbones.base.plugins import PLUGINS
    from backbones.registry import BACKBONES
    from harness.data.registry import DATASETS
    from methods.catalogue import METHODS
    from methods.fusion.catalogue import FUSIONS

    if what.endswith(".py"):
        return PLUGINS.load_file(Path(what)).added
    registries: list[Registry[Any]] = [BACKBONES, METHODS, FUSIONS, DATASETS]
    family = f"{what.partition(':')[0]}:*" if ":" in what else what
    found = [(registry, what) for registry in registries if what in registry or family in registry]
    found = found or [(registry, what) for registry in registries if registry.find(what)]
    if not found:
        names = [name for registry in registries for name in registry.discover().names()]
        raise UsageError(
            f"nothing is called '{what}'{suggestion(what, names) or ';'} expected a .py file, or a name that "
            "'harness list' shows"
        )
    return found


def _show(checked: list[Checked]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from harness.execution.check_entry import rule_texts

    console, texts = Console(highlight=False), rule_texts()
    for each in checked:
        console.print(f"[bold]{each.kind} {each.name}[/]" + (f", on {each.note}" if each.note else ""))
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
        said: set[str] = set()
        for finding in each.findings:
            mark = Text("pass", "green") if finding.holds else Text("FAIL", "bold red")
            rule = Text(finding.rule.replace("_", " "))
            if finding.detail in said:
                rule.append(": the same", "red")
            elif not finding.holds:
                said.add(finding.detail)
                rule.append(f"\n{finding.detail}", "red")
                rule.append(f"\nThe rule: {texts[finding.rule]}" if finding.rule in texts else "", "dim")
            table.add_row(mark, rule)
        console.print(table)
        wrong = sum(not finding.holds for finding in each.findings)
        console.print(
            f"{wrong} of {len(each.findings)} rules do not hold"
            if wrong
            else f"all {len(each.findings)} rules hold"
        )
