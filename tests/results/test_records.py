"""Which folders of runs are read, and what is said of those that are not there."""

import json
from pathlib import Path

import pytest
from support.made_records import made, save

from backbones.base.errors import UsageError
from harness.config.labels import NOT_USED
from harness.console.summary import rows
from results.records import load_records, scores


def test_a_folder_of_runs_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="--runs nope: there is no such folder of runs"):
        load_records([Path("nope"), Path("runs")])
    assert load_records([Path("runs")]).records == ()  # the default one comes with the first run
    assert load_records([Path("nope")], new=True).records == ()


def test_a_share_that_is_none_makes_its_record_unusable(tmp_path):
    path = save([made({"average": 60.0})], tmp_path) and next(tmp_path.glob("*/record.json"))
    tree = json.loads(path.read_text())
    tree["metrics"]["local"]["top1"]["correct"] = tree["metrics"]["local"]["top1"]["of"] + 1
    path.write_text(json.dumps(tree))
    loaded = load_records([tmp_path])
    assert not loaded.records
    assert "is no share with an interval" in loaded.problems[0]


def test_a_stream_that_is_not_used_has_no_accuracy():
    record = made({"product": 40.0}, method="single")
    record.labels["global"] = NOT_USED
    assert scores(record, "global") is None
    assert scores(record, "local") is record.metrics.local
    assert [name for name in rows(record) if name.startswith(("local", "global"))] == ["local: r2plus1d50"]


def test_a_named_folder_without_records_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    assert load_records([Path("runs")]).problems == ()  # the default one comes with the first run
    empty = tmp_path / "empty"
    empty.mkdir()
    (said,) = load_records([empty]).problems
    assert said == f"'{empty}' contains no records of runs (expected {empty}/RUN/record.json)"
    assert load_records([empty], new=True).problems == ()
    save([made({"adaptive": 60.0})], empty / "mine")
    (said,) = load_records([empty]).problems
    assert said == f"'{empty}' contains no records of runs; its subfolders mine do"
