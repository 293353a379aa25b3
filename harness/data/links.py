"""Links in a data set's folder: what leads out of it, and what leads round in circles."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from backbones.base.errors import UsageError, UserError
from backbones.base.plain_text import clean

Links = Literal["inside", "follow"]
FOLLOW = "--set data.links=follow reads it"


def check_links_setting(dataset: str, links: str) -> None:
    """A `UsageError` where `data.links` is none of the words it can be."""
    if links not in get_args(Links):
        raise UsageError(f"{dataset}: data.links is '{links}'; expected {' or '.join(get_args(Links))}")


def refuse_outside(dataset: str, root: Path, paths: Iterable[str], remedy: str = FOLLOW) -> None:
    """A UserError for the first of the paths, relative to the root, that a link leads out of it."""
    top = os.path.realpath(root).rstrip("/")

    @cache
    def real(folder: str) -> str:
        return os.path.realpath(folder)

    for path in paths:
        whole = f"{root}/{path}"
        folder, _, name = whole.rpartition("/")
        link = Path(whole).is_symlink()
        place = os.path.realpath(whole) if link else f"{real(folder)}/{name}"
        if not place.startswith(f"{top}/"):
            line = f"{dataset}: '{path}' leads out of '{root}', to '{place}'"
            raise UserError(clean(f"{line}; {remedy}"))


def leads_back(folder: Path) -> bool:
    """Whether it is a link to a folder that it lies in."""
    below = os.path.realpath(folder.parent).rstrip("/") + "/"
    return folder.is_symlink() and below.startswith(os.path.realpath(folder).rstrip("/") + "/")
