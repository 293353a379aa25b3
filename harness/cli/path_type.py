"""Paths on the command line: of this machine, and not empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class _Path(click.Path):
    """Empty, as an unset variable of a shell is, it would mean the current folder; a URL the folder `s3:`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip():
            self.fail("it is empty; expected a path", param, ctx)
        if "://" in str(value):
            self.fail(f"'{value}' is a URL; expected a path of this machine", param, ctx)
        return super().convert(value, param, ctx)


PATH = _Path(path_type=Path)
FOLDER = _Path(file_okay=False, path_type=Path)
