"""Files of weights as they come: damaged, of another kind, with a trainer's objects beside the tensors."""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shlex
import sys
import warnings
import zipfile
from collections import OrderedDict, defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from backbones.base.errors import UsageError, UserError
from backbones.weights.files import read_file, read_tensors
from backbones.weights.refused import check_is_file

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.zeros(2000)}


def bytes_of_values(path: Path) -> list[int]:
    """Where the values of the stored tensors lie in the zip file."""
    places = []
    with zipfile.ZipFile(path) as parts:
        for part in parts.infolist():
            begin = path.read_bytes().index(part.filename.encode(), part.header_offset) + len(part.filename)
            if "/data/" in part.filename:
                places += [begin + 70, begin + part.file_size // 2 + 64]
    return places


def test_a_flipped_bit_is_found_in_every_tensor(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(TENSORS, path)
    whole = path.read_bytes()
    for place in bytes_of_values(path):
        damaged = bytearray(whole)
        damaged[place] ^= 16
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"it is damaged: the checksum of its part \S+ is another"):
            read_tensors(path)
    path.write_bytes(whole)
    assert torch.equal(read_tensors(path)["a.weight"], TENSORS["a.weight"])


def test_a_file_without_checksums_is_read(tmp_path: Path) -> None:
    """torch leaves 0 in the place of each where it is told to compute none."""
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(TENSORS, tmp_path / "w.pt")
    finally:
        torch.serialization.set_crc32_options(True)
    with zipfile.ZipFile(tmp_path / "w.pt") as parts:
        assert {part.CRC for part in parts.infolist()} == {0}
    assert torch.equal(read_tensors(tmp_path / "w.pt")["b"], TENSORS["b"])


BESIDE: dict[str, Any] = {
    "a namespace": argparse.Namespace(lr=0.1, out=Path("runs"), betas=[0.9, 0.99]),
    "numpy": {"best": np.float64(0.5), "history": np.arange(3), "count": np.int64(2)},
    "plain objects": [SimpleNamespace(a=1), datetime.datetime(2026, 1, 2), slice(1, 2), {1, 2}, b"x"],
    "a defaultdict": defaultdict(list, {"a": [1]}),
    "an OrderedDict": OrderedDict(a=np.float32(1)),
}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("case", BESIDE)
def test_what_trainers_keep_beside_tensors_is_left_out(case: str, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    tree = {"args": BESIDE[case], "state_dict": TENSORS}
    torch.save(tree, path, _use_new_zipfile_serialization=zipped)
    assert torch.equal(read_tensors(path)["a.weight"], TENSORS["a.weight"])


def test_a_defaultdict_of_tensors(tmp_path: Path) -> None:
    torch.save(defaultdict(list, TENSORS), tmp_path / "w.pt")
    assert read_tensors(tmp_path / "w.pt").keys() == TENSORS.keys()


class Code:
    def __reduce__(self) -> Any:
        return os.system, ("touch executed",)


class Stateful(argparse.Namespace):
    """A Namespace by name, whose state is worked out by whoever wrote the file."""

    def __reduce__(self) -> Any:
        return argparse.Namespace, (), Code()


class Called:
    def __reduce__(self) -> Any:
        return eval, ("__import__('os').system('touch executed')",)


@pytest.mark.parametrize(
    "tree", [Code(), Stateful(), argparse.Namespace(a=Code()), defaultdict(list, a=Called())]
)
def test_code_within_what_is_left_out_is_not_run(
    tree: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for zipped in (True, False):
        torch.save({"args": tree, "state_dict": TENSORS}, "w.pt", _use_new_zipfile_serialization=zipped)
        with pytest.raises(UserError, match=r"\(\S+\), which could run code and is in no file of weights"):
            read_tensors(Path("w.pt"))
    assert not Path("executed").exists()


def said(path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch's own would stand on the terminal
        with pytest.raises(UserError) as caught:
            read_tensors(path)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line.replace(str(path), "")) < 420
    return line.replace(str(path), "FILE")


def follow(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the command that the line gives, in this process."""
    found = re.search(r"python -c (.+) saves its tensors", line.replace("FILE", "w.pt"))
    assert found
    code, name = shlex.split(found[1])
    monkeypatch.setattr(sys, "argv", ["-c", name])
    exec(code, {})


@pytest.mark.parametrize("held", ["module", "dictionary", "script"])
def test_a_network_is_named_and_the_command_saves_its_tensors(
    held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network = nn.Linear(2, 3)
    if held == "script":
        torch.jit.trace(network, torch.zeros(1, 2)).save("w.pt")
    else:
        torch.save(network if held == "module" else {"ema": network, "model": network.state_dict()}, "w.pt")
    line = said(Path("w.pt"))
    assert ("TorchScript" if held == "script" else "(torch.nn.modules.linear.Linear)") in line
    follow(line, monkeypatch)
    assert torch.equal(read_tensors(Path("tensors.pt"))["weight"], network.weight)


KINDS = {
    b"": "it is empty",
    b"<!DOCTYPE html><html><body>404</body></html>": "it is an HTML page",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n": "it is a git-lfs pointer",
    "größer\n".encode() * 100: "it is a text",
    b'{"schema_version": 2}': "it is a text",
}


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("content", KINDS)
def test_another_kind_of_file_is_named(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    assert KINDS[content] in said(path)


def test_one_line_of_what_torch_says(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(TENSORS, path)
    path.write_bytes(path.read_bytes()[:-200])
    assert "it is cut off" in said(path)
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("x", "a")
    assert "PyTorch." not in said(path)
    torch.save({"a": torch.empty(3, device="meta")}, path)
    assert "tensors without values (device meta)" in said(path)
    torch.save({"a": torch.zeros(2, 2).to_sparse()}, path)
    assert "sparse" in said(path)
    torch.save({"a": np.zeros(3)}, path)
    assert "no named tensors (NumPy arrays are none)" in said(path)


def test_what_is_no_file_is_there_all_the_same(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.pt")
    (tmp_path / "folder.pt").mkdir()
    (tmp_path / "zero.pt").symlink_to("/dev/zero")
    (tmp_path / "loop.pt").symlink_to(tmp_path / "loop.pt")
    (tmp_path / "lost.pt").symlink_to(tmp_path / "gone.pt")
    for name in ("fifo", "folder", "zero"):
        with pytest.raises(UsageError, match="this is a folder, a pipe or a device"):
            check_is_file(tmp_path / f"{name}.pt")
    with pytest.raises(UsageError, match="this is not readable"):
        check_is_file(tmp_path / "loop.pt")
    with pytest.raises(UsageError, match="a link to a file that is not there"):
        check_is_file(tmp_path / "lost.pt")


@pytest.mark.parametrize(
    ("metadata", "run"),
    [(None, None), ({"harness": '{"run": "0123456789ab"}'}, "0123456789ab"), ({"harness": "x"}, "?")],
)
def test_an_exported_file_names_its_run(metadata: dict[str, str] | None, run: str, tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "w.safetensors", metadata)
    assert read_file(tmp_path / "w.safetensors").exported_from == run
