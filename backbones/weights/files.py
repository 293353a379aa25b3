"""Files of weights, read as named tensors; nothing in them is run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor

from backbones.base.errors import UserError
from backbones.base.left_out import Beside
from backbones.base.regular import check_regular
from backbones.base.tensor_files import load_torch
from backbones.weights.refused import other_kind, why

CONTAINERS = ("state_dict", "model_state", "model_state_dict", "model")
RUN_KEY = "method"  # where a run's checkpoint holds the whole method: streams and what else it learned
EXPORTED = "harness"  # under which an exported file says in its metadata, as JSON, what it is
WRAPPERS = ("module.", "model.", "_orig_mod.")


@dataclass(frozen=True)
class WeightsFile:
    """tensors: by name. exported_from: the run that a file exported by this harness says it is of."""

    tensors: dict[str, Tensor]
    exported_from: str | None = None


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file or of a PyTorch checkpoint, of any shape, by their names.

    A `UserError` where it is damaged, or holds none, or objects that could run code.
    """
    return read_file(path).tensors


def read_file(path: Path) -> WeightsFile:
    """Raises UserError where there are no tensors, or more than is read."""
    try:
        check_regular(path)
        if reason := other_kind(path):
            raise ValueError(reason)
        content, metadata = _safetensors(path) if path.suffix == ".safetensors" else (_torch(path), {})
    except Exception as error:  # on a damaged file the unpickler may raise anything
        raise UserError(f"{path} {why(path, error)}") from None
    named = content.items() if isinstance(content, dict) else ()
    tensors = {key: value for key, value in named if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors:
        left_out = " (NumPy arrays are none)" if any(isinstance(each, Beside) for _, each in named) else ""
        raise UserError(f"{path} holds no named tensors{left_out}; give a state_dict")
    return WeightsFile(_unwrapped(tensors), _exported_from(metadata))


def _safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, framework="pt") as handle:
        tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
        return tensors, handle.metadata() or {}


def _torch(path: Path) -> Any:
    content = load_torch(path, foreign=True)
    for key in (*CONTAINERS, RUN_KEY):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            return content[key]
    return content


def _exported_from(metadata: dict[str, str]) -> str | None:
    """The id that the metadata say; "?" where they are an export's and do not say it."""
    if EXPORTED not in metadata:
        return None
    try:
        return str(json.loads(metadata[EXPORTED])["run"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return "?"


def _unwrapped(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the prefixes that DataParallel, compile and trainers put before every key."""
    for wrapper in WRAPPERS:
        if all(key.startswith(wrapper) for key in tensors):
            tensors = {key.removeprefix(wrapper): tensor for key, tensor in tensors.items()}
    return tensors


def file_sha256(path: Path) -> str:
    """SHA-256 hex of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
