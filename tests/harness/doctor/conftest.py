"""Environments that are broken in one way, made of small files that come first on the path."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# What the probe imports and these tests do not need: seconds each.
SLOW = ("cv2", "torch", "torchvision", "timm", "transformers", "lightning_fabric")


@pytest.fixture
def first_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules and packages that this process finds before all others."""
    folder = tmp_path / "first"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def installed(first_on_path: Path) -> Callable[..., None]:
    """Another package, as pip writes it down; `files` are what it has installed.

    They are there, since Python 3.12 and newer lists no others.
    """

    def install(name: str, version: str, *headers: str, files: tuple[str, ...] = ()) -> None:
        info = first_on_path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
        for file in files:
            (first_on_path / file).parent.mkdir(parents=True)
            (first_on_path / file).touch()

    return install


@pytest.fixture
def probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that the probe finds first: at once, empty ones in the place of the slow ones."""
    folder = tmp_path / "probed"
    folder.mkdir()
    for name in SLOW:
        (folder / f"{name}.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    assert "harness" in sys.modules
    return folder
