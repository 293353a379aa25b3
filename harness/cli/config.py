"""`harness config`: a configuration in full, two side by side, or what is wrong with a file. No torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.plain_text import counted
from harness.cli.options import json_option, run_folder_option, set_option
from harness.cli.path_type import PATH

if TYPE_CHECKING:
    from harness.config.base.base import Base
    from harness.config.schema import Config

EPILOG = """\b
Examples:
  harness config show small
  harness config show my.yaml
  harness config diff tiny my.yaml
  harness config check my.yaml
"""
SHOW = """\b
Examples:
  harness config show small
  harness config show my.yaml --short
  harness config show RUN > as_the_run.yaml
"""
DIFF = """\b
Examples:
  harness config diff tiny my.yaml
  harness config diff RUN my.yaml --json
"""
CHECK = """\b
Examples:
  harness config check my.yaml
"""
NAMED = "A preset, a file, or a run."


@click.group(epilog=EPILOG)
def config() -> None:
    """Configurations of your own: a file with any part of a preset, for 'harness run --config FILE'.

    Such a file says what it extends, and what it changes: 'extends: small', 'train: {lr: 0.02}'.
    """


@config.command("show", epilog=SHOW)
@click.argument("name", metavar="PRESET|FILE|RUN")
@click.option("--short", is_flag=True, help="Only what differs from the preset.")
@set_option()
@run_folder_option()
@json_option()
def show(name: str, short: bool, pairs: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Print a configuration as a file that '--config' takes.

    Of a run it says everything, and begins with 'preset': what the run started from is among it. Else it
    begins with 'extends', since the preset says what is pre-trained first.
    """
    from harness.config.resolve import resolve

    base = _named(name, out)
    found = resolve(base, {}, pairs)
    tree = _short(found, base) if short else _full(found, base)
    click.echo(json.dumps(tree, indent=1, ensure_ascii=False) if as_json else _as_file(tree), nl=as_json)


@config.command("diff", epilog=DIFF)
@click.argument("first", metavar="PRESET|FILE|RUN")
@click.argument("second", metavar="PRESET|FILE|RUN")
@run_folder_option()
@json_option()
def diff(first: str, second: str, out: Path, as_json: bool) -> None:
    """Show the settings that differ between two configurations, those that follow from others too."""
    from harness.config.difference import as_yaml, differences, flatten
    from harness.config.resolve import resolve

    sides = [flatten(resolve(_named(name, out), {}, ()).plain()) for name in (first, second)]
    found = differences(*sides)
    if as_json:
        click.echo(json.dumps({key: list(pair) for key, pair in found.items()}, indent=1, ensure_ascii=False))
        return
    if not found:
        click.echo("the same configuration")
        return
    from rich.console import Console

    from harness.console import columns

    rows = [
        [key, *("" if key not in side else as_yaml(value) for side, value in zip(sides, pair, strict=True))]
        for key, pair in found.items()
    ]
    columns.show(Console(highlight=False), "Settings that differ", ["", first, second], rows)


@config.command("check", epilog=CHECK)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=PATH)
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Check files: settings, names and values, and that the networks have the settings that are theirs.

    The first problem of each file is one line with its row; the exit code is then 2.
    """
    from backbones.base.errors import UsageError

    right = True
    for file in files:
        try:
            click.echo(f"{file}: {_checked(file)}")
        except UsageError as error:
            right = False
            click.echo(f"error: {error}", err=True)
    ctx.exit(0 if right else 2)


def _named(name: str, out: Path) -> Base:
    """What a preset, a file or a run says."""
    from harness.config.base.base import Base
    from harness.config.base.config_file import SUFFIXES, read_config
    from harness.config.preset_files import preset_names
    from harness.papers.registry import PAPERS

    path = Path(name)
    if (path.is_file() and path.name != "record.json") or name.endswith(SUFFIXES[:2]):
        return read_config(path)
    if PAPERS.preset(name) in preset_names():
        return Base(PAPERS.preset(name))
    return _of_run(name, out)


def _of_run(name: str, out: Path) -> Base:
    """The configuration that a run was begun with."""
    from backbones.base.errors import UsageError, UserError, suggestion
    from harness.config.base.base import Base
    from harness.config.preset_files import preset_names
    from harness.record.folder import find_run

    try:
        run = find_run(out, name)
    except UsageError as error:
        near = suggestion(name, preset_names())
        raise UsageError(
            f"'{name}' is no preset{near} and no file, and {error}" if near else str(error)
        ) from None
    tree = run.run_record().config if run.finished else run.read_config()
    if not tree:
        raise UserError(f"{run.path}: its configuration cannot be read")
    return Base(str(tree["preset"]), whole=tree)


def _full(found: Config, base: Base) -> dict[str, Any]:
    """All settings, and what is pre-trained first."""
    plain = found.plain()
    if base.whole is not None:
        return plain
    settings = {key: value for key, value in plain.items() if key != "preset"}
    return {"extends": found.preset, **settings, **_recipe(base.tree)}


def _recipe(tree: dict[str, Any]) -> dict[str, Any]:
    from harness.config.base.base import without_nulls

    return {"pretraining": without_nulls(tree["pretraining"])} if tree.get("pretraining") else {}


def _short(found: Config, base: Base) -> dict[str, Any]:
    """What it says over its preset, as a file that extends it."""
    from harness.config.difference import nested, overrides

    plain = found.plain()
    names = {
        "seed": plain["seed"],
        "precision": plain["precision"],
        "method.name": plain["method"]["name"],
        "method.fusion": plain["method"]["fusion"],
        "data.dataset": plain["data"]["dataset"],
        "data.split": plain["data"]["split"],
    }
    said = _recipe(base.said) if base.whole is None else {}
    return {"extends": found.preset, **nested({**names, **overrides(found)}), **said}


def _as_file(tree: dict[str, Any]) -> str:
    """YAML with a group's settings below it."""
    import yaml

    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)


def _checked(file: Path) -> str:
    """What the file changes, in a line; a `UsageError` for its first problem."""
    from harness.config.base.config_file import check_networks, read_config
    from harness.config.recipe.pretraining import check_recipe
    from harness.config.recipe.recipe_of import recipe_of
    from harness.config.resolve import resolve

    base = read_config(file)
    if base.whole is None:
        joint = resolve(base, {}, ())
        with base.naming_rows():
            check_recipe(joint, base.pretraining)
    recipe = recipe_of(base, {}, ())
    check_networks(recipe.joint, base)  # first: its pre-training has its settings, too
    for before in recipe.before:
        check_networks(before.config, base, before.above)
    if base.whole is not None:
        return f"a whole configuration (preset {base.preset})"
    changed = [name for name in sorted(base.settings) if name != "extends"]
    count = counted(len(changed), "setting")
    return f"extends {base.preset}, {count}{': ' * bool(changed)}{', '.join(changed)}"
