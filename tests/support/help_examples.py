"""The examples that each command's help shows, as the words that a shell would pass on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click

from harness.cli.main import COMMANDS, cli

# Inside "$(…)" of a shell, or up to where its output is sent.
_CALL = re.compile(r"\bharness ((?:[^)>#'\"]|'[^']*'|\"[^\"]*\")+)")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that help shows by the words that call it, those of groups included."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command
        shown = {i: each for i, each in getattr(command, "commands", {}).items() if not each.hidden}
        yield from ((f"{name} {inner}", each) for inner, each in shown.items())


def examples(command: click.Command) -> list[str]:
    """The lines after "Examples:" without `harness` and comments; a continued line is one example."""
    _, _, text = (command.epilog or "").partition("Examples:\n")
    lines = text.replace("\\\n", " ").splitlines()
    calls = [_CALL.search(line.partition("  #")[0]) for line in lines if line.strip()]
    return [shlex.join(shlex.split(call[1], comments=True)) for call in calls if call]


def all_examples() -> list[str]:
    """Each once: a group shows what its commands show too."""
    return list(dict.fromkeys(example for _, command in commands() for example in examples(command)))
