"""`harness completion`: the script for a shell's completion of commands, options and names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

EPILOG = """\b
Examples:
  eval "$(harness completion bash)"                    # in ~/.bashrc
  eval "$(harness completion zsh)"                     # in ~/.zshrc, after compinit
  harness completion fish > ~/.config/fish/completions/harness.fish
"""


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that makes SHELL complete commands, options and registered names."""
    # Not imported: the group's own options complete names by this file.
    cli = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None  # click has these three
    made = kind(cli, {}, "harness", "_HARNESS_COMPLETE")
    click.echo(kind.source_template % made.source_vars())


def names_of(*registries: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """What completes the names in these registries ("module:METHODS"), with summaries. Imports no torch."""

    def complete(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
        from backbones.base.registry import load

        entries: list[Any] = [entry for target in registries for entry in load(target)]  # type: ignore[attr-defined]
        return [
            CompletionItem(entry.name, help=entry.summary)
            for entry in entries
            if entry.name.startswith(begun) and not entry.name.endswith("*")
        ]

    return complete
