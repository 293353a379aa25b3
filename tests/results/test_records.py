"""Which folders of runs are read, and what is said of those that are not there."""

from pathlib import Path

import pytest

from backbones.errors import UsageError
from results.records import load_records


def test_a_folder_of_runs_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="--runs nope: there is no such folder of runs"):
        load_records([Path("nope"), Path("runs")])
    assert load_records([Path("runs")]).records == ()  # the default one comes with the first run
    assert load_records([Path("nope")], new=True).records == ()
