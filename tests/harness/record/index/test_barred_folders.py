"""Folders of runs that another user keeps to himself: named, and the other runs are shown."""

import os
from pathlib import Path

import pytest
from support.made_records import made, save

from backbones.base.errors import UserError
from harness.cli.main import main
from harness.files import read_regular
from harness.record import reading
from harness.record.folder import BARRED, find_run
from results.records import load_records


@pytest.fixture
def others(tmp_path, monkeypatch):
    """More runs than are read without an index. The first one's folder is as one of mode 700 is to others;
    tests may be root's, who is let in everywhere."""
    records = [made({"average": 60.0}, seed=seed) for seed in range(40)]
    save(records, tmp_path)
    closed = tmp_path / records[0].id
    access, stat = os.access, Path.stat

    def asked(path, mode, **how):
        return Path(path) != closed and access(path, mode, **how)

    def looked(path, **how):
        if closed in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    def read(path, *more):
        looked(path)
        return read_regular(path, *more)

    monkeypatch.setattr(os, "access", asked)
    monkeypatch.setattr(Path, "stat", looked)
    monkeypatch.setattr(reading, "read_regular", read)
    return tmp_path, closed, records


def test_runs_lists_the_others_and_names_it(others, capsys):
    folder, closed, records = others
    with pytest.raises(SystemExit) as stopped:
        main(["runs", "--out", str(folder), "--json"])
    said = capsys.readouterr()
    assert stopped.value.code == 0
    assert said.err == f"left out: {closed} {BARRED}\n"
    assert (closed.name in said.out, records[1].id in said.out) == (False, True)


def test_a_table_says_that_it_is_left_out(others, monkeypatch):
    """Also where the records come from the index."""
    folder, closed, records = others
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    for _ in range(2):
        found = load_records([folder])
        assert {each.id for each in found.records} == {each.id for each in records[1:]}
        (problem,) = found.problems
        assert problem.startswith(f"{closed}/record.json is not a readable record")
        assert problem.endswith("its owner can give you leave to read it")


def test_asked_for_by_its_id_it_is_an_error(others):
    folder, closed, _ = others
    with pytest.raises(UserError, match=BARRED):
        find_run(folder, closed.name[:8])
