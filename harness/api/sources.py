"""Plug-ins and papers of the user's, given from Python; errors of the command line's, said as in Python."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from backbones.base.errors import UsageError, UserError
from backbones.base.plugins import PLUGINS
from harness.api.paths import as_path

Paths = str | Path | Iterable[str | Path] | None
P = ParamSpec("P")
R = TypeVar("R")
# A command in quotes stays one for the shell.
OPTION = re.compile(r"'harness [^']*'|--(plugin|paper) ([^\s,:;']+)")


def load_sources(plugin: Paths, paper: Paths) -> None:
    """Executes files as `--plugin` does, and loads folders as `--paper` does; each once in a process.

    Raises UsageError where there is no such file or folder, UserError where one fails or was edited since.
    """
    files, folders = _several(plugin, "plugin"), _several(paper, "paper")
    if not files and not folders:
        return
    from harness.papers.registry import PAPERS

    for file in files:
        PLUGINS.load_file(file)
    for folder in folders:
        PAPERS.load(folder)
    _check_unedited()


def in_python(function: Callable[P, R]) -> Callable[P, R]:
    """The function; where an error of it says `--plugin FILE.py`, it says `plugin="FILE.py"`."""

    @wraps(function)
    def called(*given: P.args, **named: P.kwargs) -> R:
        try:
            return function(*given, **named)
        except UserError as error:
            error.args = tuple(said(each) if isinstance(each, str) else each for each in error.args)
            raise

    return called


def said(message: str) -> str:
    """As it is typed in Python."""
    return OPTION.sub(lambda found: f'{found[1]}="{found[2]}"' if found[1] else found[0], message)


def _several(value: Paths, what: str) -> list[Path]:
    if value is None:
        return []
    if isinstance(value, str | Path):
        return [Path(value)]
    if not isinstance(value, Iterable):
        raise UsageError(f"{what}: expected a path or a list of paths, got {value!r:.80}")
    return [as_path(each, what) for each in value]


def _check_unedited() -> None:
    """What a process has executed it does not execute again: a file that was edited since is another one."""
    for path in PLUGINS.files:
        executed = PLUGINS.load_file(path).sha256
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != executed:
            raise UserError(
                f"plug-in {path} was edited since this process executed it; start Python again to use it"
            )
