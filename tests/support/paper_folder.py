"""A paper's folder for tests: the skeleton, with changes, and the registry as it was afterwards."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.papers.registry import PAPERS
from results.paper_check.skeleton import write


class Folder:
    """A skeleton in `path`. Each change is one text for another, which must be there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = write(path)

    def change(self, file: str, old: str, new: str) -> "Folder":
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text, (file, old)
        (self.path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return self

    def add(self, file: str, text: str) -> "Folder":
        path = self.path / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")
        return self

    def row(self, file: str, words: str) -> int:
        """The first row of the file that has the words, counted from 1."""
        lines = (self.path / file).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, start=1) if words in line)


@contextmanager
def unloaded():
    """Papers that are loaded meanwhile are taken out again."""
    before = PAPERS.names()
    try:
        yield
    finally:
        for name in PAPERS.names():
            if name not in before:
                PAPERS.remove(name)


@pytest.fixture
def folder(tmp_path):
    """The skeleton as paper 'ours'; papers that a test loads are unloaded after it."""
    with unloaded():
        yield Folder(tmp_path / "ours")
