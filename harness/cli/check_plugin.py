"""`harness check-plugin`: checks a plug-in against the contract of its kind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import (
    data_root_option,
    frames_option,
    json_option,
    size_option,
    split_option,
    width_option,
)

if TYPE_CHECKING:
    from rich.table import Table

    from backbones.base.plugin import EntryOwner
    from backbones.base.registry import Registry
    from backbones.base.rulebook import Finding
    from harness.execution.check_entry import Checked

EPILOG = """\b
Examples:
  harness check-plugin my_backbone.py
  harness check-plugin my_dataset.py --data-root DIR --split anna
  harness check-plugin r2plus1d18 --frames 8 --size 64
"""


@dataclass(frozen=True)
class CheckOptions:
    """What `harness check-plugin` was given. what: a file or a name. frames, size, width: of a backbone."""

    what: str
    frames: int | None
    size: int | None
    width: float | None
    data_root: Path | None
    split: str | None
    as_json: bool

    def sizes(self) -> dict[str, Any]:
        """Those that were given."""
        sizes = {"frames": self.frames, "size": self.size, "width": self.width}
        return {name: value for name, value in sizes.items() if value is not None}


@click.command("check-plugin", epilog=EPILOG)
@click.argument("what", metavar="FILE.py|NAME")
@frames_option("Frames of a backbone's clips [default: few].")
@size_option("Side of a backbone's clips in pixels [default: small].")
@width_option("Width of a backbone [default: narrow].")
@data_root_option("Folder to test a data set on.")
@split_option("Split to test a data set with [default: its first].")
@json_option()
@click.pass_context
def check_plugin(ctx: click.Context, **given: Any) -> None:
    """Check a backbone, method, fusion or data set against every rule of its contract.

    Give its name, or the file of a plug-in, which is executed and checked for all that it adds.

    Exit code 1 if a rule does not hold.
    """
    from harness.execution.check_entry import On, check_entry

    options = CheckOptions(**given)
    on = On(options.sizes(), options.data_root, options.split)
    checked = [check_entry(registry, name, on) for registry, name in _entries(options.what)]
    if options.as_json:
        click.echo(json.dumps([_row(each) for each in checked], indent=1, ensure_ascii=False))
    else:
        _show(checked)
    ctx.exit(0 if all(each.holds for each in checked) else 1)


def _row(checked: Checked) -> dict[str, Any]:
    return {
        "kind": checked.kind,
        "name": checked.name,
        "on": checked.note,
        "holds": checked.holds,
        "rules": [vars(finding) for finding in checked.findings],
    }


def _entries(what: str) -> Sequence[tuple[EntryOwner, str]]:
    """What the file adds, or what has this name."""
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

    console = Console(highlight=False)
    for each in checked:
        console.print(f"[bold]{each.kind} {each.name}[/]" + (f", on {each.note}" if each.note else ""))
        console.print(_table(each.findings))
        wrong, count = sum(not finding.holds for finding in each.findings), len(each.findings)
        console.print(f"{wrong} of {count} rules do not hold" if wrong else f"all {count} rules hold")


def _table(findings: Sequence[Finding]) -> Table:
    """A row for each rule; a cause that breaks several rules is written out once."""
    from rich.table import Table
    from rich.text import Text

    from harness.execution.check_entry import rule_texts

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    texts, shown = rule_texts(), set[str]()
    for finding in findings:
        mark = Text("pass", "green") if finding.holds else Text("FAIL", "bold red")
        rule = Text(finding.rule.replace("_", " "))
        if finding.detail in shown:
            rule.append(": the same", "red")
        elif not finding.holds:
            shown.add(finding.detail)
            rule.append(f"\n{finding.detail}", "red")
            rule.append(f"\nThe rule: {texts[finding.rule]}" if finding.rule in texts else "", "dim")
        table.add_row(mark, rule)
    return table
