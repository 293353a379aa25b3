"""Files of tensors made to do harm: nothing is run, and no file takes more memory than it has bytes."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from backbones.base import tensor_files
from backbones.base.errors import UserError
from backbones.base.tensor_files import load_torch
from backbones.weights.files import read_tensors
from harness.record import checkpoint


class Code:
    def __reduce__(self) -> Any:
        return os.system, ("touch executed",)


def laughs(levels: int) -> list[Any]:
    """2^levels values in `levels` lists."""
    value: list[Any] = [0]
    for _ in range(levels):
        value = [value, value]
    return value


TREES: dict[str, Any] = {
    "a terabyte of one element": {"a": torch.zeros(1).expand(2**38)},
    "lists of themselves": {"a": torch.zeros(1), "b": laughs(60)},
    "sparse": {"a": torch.zeros(2, 2).to_sparse()},
}


@pytest.mark.parametrize("case", TREES)
def test_more_than_the_file_has(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_files, "MOST_VALUES", 10_000)  # so that they are soon counted
    torch.save(TREES[case], tmp_path / "w.pt")
    assert (tmp_path / "w.pt").stat().st_size < 20_000
    with pytest.raises(ValueError, match=r"not in the file|without end|sparse"):
        load_torch(tmp_path / "w.pt")
    with pytest.raises(UserError, match="is not a readable weights file"):
        read_tensors(tmp_path / "w.pt")
    with pytest.raises(checkpoint.Damaged, match="cut off or damaged"):
        checkpoint.read(tmp_path / "w.pt")


@pytest.mark.parametrize("method", [[], 3, None, {1: torch.zeros(1)}])
def test_a_checkpoint_without_names(method: Any, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "c.pt", {"method": method})
    with pytest.raises(checkpoint.Damaged, match="cut off or damaged"):
        checkpoint.read(tmp_path / "c.pt")


def test_a_packed_file_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("x/data.pkl", bytes(2**24))
    assert path.stat().st_size < 2**16
    with pytest.raises(ValueError, match="16777216 bytes unpacked"):
        load_torch(path)


def test_code_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, tree in (("plain.pt", Code()), ("inner.pt", {"method": {"a": Code()}})):
        Path(name).write_bytes(pickle.dumps(tree))
        with pytest.raises(UserError, match=r"holds more than tensors|not a readable weights file"):
            read_tensors(Path(name))
    torch.save({"method": Code()}, "zip.pt")
    with pytest.raises(UserError, match="could run code"):
        read_tensors(Path("zip.pt"))
    assert not Path("executed").exists()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_pipe_is_not_waited_for(suffix: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"w{suffix}")
    with pytest.raises(UserError, match="not a regular file"):
        read_tensors(tmp_path / f"w{suffix}")


def test_what_torch_saves_is_read(tmp_path: Path) -> None:
    tree = {"a": torch.arange(6.0).reshape(2, 3).t(), "b": [1, "x", None], "c": {"d": torch.zeros(0)}}
    torch.save(tree, tmp_path / "new.pt")
    torch.save(tree, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in ("new.pt", "old.pt"):
        found = load_torch(tmp_path / name)
        assert torch.equal(found["a"], tree["a"])
        assert found["b"] == tree["b"]
