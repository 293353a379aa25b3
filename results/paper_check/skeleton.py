"""The skeleton of a paper's folder: small, commented, and sound by `harness paper check`."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from backbones.base.errors import UsageError
from harness.files import write_text

NAME = "PAPER"  # stands for the paper's name in the blank files


def write(folder: Path) -> str:
    """Writes it into a new or empty folder; gives the paper's name, which is the folder's.

    A `UsageError` where the folder is not empty or no name can be made of its own.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "a folder that is not empty" if folder.is_dir() else "a file"
        raise UsageError(f"{folder}: this is {what}; give a new folder")
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    if not name:
        raise UsageError(f"{folder}: no name of a paper can be made of it; expected letters or digits")
    for file in sorted(
        resources.files("results.paper_check").joinpath("blank").iterdir(), key=lambda each: each.name
    ):
        text = file.read_text(encoding="utf-8").replace(NAME, name)
        write_text(folder / file.name, text)
    return name
