"""A run's checkpoint: tensors and plain types only, written whole, loaded without executing anything."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from backbones.base.errors import UserError
from harness.files import write_atomically


def save(path: Path, state: dict[str, Any]) -> None:
    def write(target: Path) -> None:
        with target.open("wb") as file:  # a path would hide the disk's own error
            torch.save(state, file)

    write_atomically(path, write)


def read(path: Path) -> dict[str, Any] | None:
    """The checkpoint on the CPU, or None where there is none."""
    if not path.exists():
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, KeyError, ValueError):
        # What torch says of a file that was cut off ("invalid argument") would mislead.
        raise UserError(f"{path} is cut off or damaged; start again with --restart") from None
