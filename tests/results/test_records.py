"""Which records are read and told apart, and what is said of those that are not there or cannot be used."""

import hashlib
import json
from pathlib import Path

import pytest
from support.made_records import made, save

from backbones.base.errors import UsageError, UserError
from harness.config.labels import NOT_USED
from harness.console.summary import rows
from harness.record.schema import Pair
from results.records import load_records, protocol, protocol_id, scores


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


def from_a_pair(*names, dataset="localglobal", **changed):
    """Streams that are of these runs, or of files, and start from a pair where there is one."""
    config = made({"adaptive": 1.0}, dataset=dataset).config
    for stream, name in zip(("local", "global"), names, strict=True):
        config[stream] = {**config[stream], "weights": name}
    start = made({"adaptive": 1.0}).starts_from.model_copy(update={"pair": changed.pop("pair", None)})
    return made({"adaptive": 1.0}, dataset=dataset).model_copy(
        update={"config": config, "starts_from": start, **changed}
    )


def drawn_by(seed, dataset):
    record = made({"adaptive": 1.0}, dataset=dataset)
    record.config["data"]["settings"]["seed"] = seed
    return record


def measured_on(fingerprint, dataset):
    record = made({"adaptive": 1.0}, dataset=dataset)
    return record.model_copy(update={"data": record.data.model_copy(update={"fingerprint": fingerprint})})


@pytest.mark.parametrize("free", [(), ("local.backbone",), ("local.frames", "global.frames")])
def test_a_protocol_that_is_remembered_is_the_one_that_is_worked_out(free):
    """Of records of one shape, and in both orders: what is remembered of one must hold for the next."""
    pairs = [("run:a", "run:a"), ("run:b", "run:b"), ("run:a", "run:b"), ("run:a", None), (None, None)]
    records = [from_a_pair(*names) for names in [*pairs, ("file.pt", None), ("other.pt", None)]]
    records += [from_a_pair(*names, pair=Pair(id="a", seed=1)) for names in pairs]
    records += [from_a_pair(None, None, **changed) for changed in ({"resolved": {}}, {"identity": 9})]
    for dataset in ("localglobal", "ucf101", "folder"):
        records += [drawn_by(seed, dataset) for seed in (1, 2)]
        records += [measured_on(fingerprint, dataset) for fingerprint in ("a", "b")]
    expected = [
        hashlib.sha256(json.dumps(protocol(record, free), sort_keys=True).encode()).hexdigest()[:6]
        for record in records
    ]
    assert len(set(expected)) > 5
    assert [protocol_id(record, free) for record in records] == expected
    assert [protocol_id(record, free) for record in reversed(records)] == expected[::-1]


def test_protocols_are_told_apart():
    record = made({"adaptive": 1.0})
    assert protocol_id(record) == protocol_id(made({"adaptive": 2.0}, method="two_stream", seed=3))
    assert protocol_id(record) != protocol_id(made({"adaptive": 1.0}, "train.lr=0.02"))
    assert protocol_id(record) != protocol_id(made({"adaptive": 1.0}, identity=9))
    older = made({"adaptive": 1.0})
    del older.config["fit"]["folds"], older.config["fusion"]  # settings that came later, at their defaults
    assert protocol_id(record) == protocol_id(older)
    assert protocol_id(record) != protocol_id(made({"adaptive": 1.0}, "fit.share=0", "fit.folds=2"))
    assert protocol_id(record) == protocol_id(made({"adaptive": 1.0}, "fit.rules=own"))
    narrow = made({"adaptive": 1.0}, "local.backbone=r2plus1d18")
    assert protocol_id(record) != protocol_id(narrow)
    assert protocol_id(record, ["local.backbone"]) == protocol_id(narrow, ["local.backbone"])


def test_damaged_and_newer_records_are_left_out_with_a_line(tmp_path):
    save([made({"adaptive": 1.0})], tmp_path)
    for name, text in (("cut", '{"schema_version": 1, "id"'), ("newer", '{"schema_version": 99}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "record.json").write_text(text)
    loaded = load_records([tmp_path])
    assert len(loaded.records) == 1
    assert len(loaded.problems) == 2
    assert "not a readable record" in loaded.problems[0]
    assert "schema 99" in loaded.problems[1]


def test_two_records_of_one_run(tmp_path):
    record = made({"adaptive": 50.0})
    same, other = save([record], tmp_path / "a"), tmp_path / "b"
    save([record], other)
    assert len(load_records([same, other]).records) == 1
    changed = made({"adaptive": 51.0}).model_copy(update={"id": record.id})
    save([changed], other)
    with pytest.raises(UserError, match=f"two records of run {record.id} disagree"):
        load_records([same, other])
    changed.environment["device_name"] = "another machine"
    save([changed], other)
    loaded = load_records([same, other])
    assert loaded.records == (record,)
    (line,) = loaded.problems
    assert line.startswith(
        f"{other / record.id / 'record.json'} (on another machine): a replication of {same}"
    )
