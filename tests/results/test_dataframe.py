"""The DataFrame and its export, against values read from the records' JSON by hand."""

import csv
import io
import json
import math

import pytest
from click.testing import CliRunner
from support.made_records import made
from support.places import ROOT

from harness.cli.main import cli, main
from harness.record.reading import read_record
from results.dataframe import frame

RECORDS = ROOT / "tests" / "fixtures" / "schema1" / "records"


@pytest.fixture(scope="module")
def paths():
    return sorted(RECORDS.glob("*/record.json"))


@pytest.fixture(scope="module")
def table(paths):
    return frame(read_record(path) for path in paths)


@pytest.fixture(scope="module")
def rows(paths):
    """{id: the record as JSON}."""
    return {tree["id"]: tree for tree in (json.loads(path.read_text()) for path in paths)}


def test_a_row_per_record_in_their_order(table, rows):
    assert table["run"].tolist() == list(rows)
    assert table["method"].tolist() == [tree["config"]["method"]["name"] for tree in rows.values()]


def test_accuracy_and_its_interval_are_those_of_the_json(table, rows):
    for _, row in table.iterrows():
        told = rows[row["run"]]["metrics"]["fusion"]["average"]["top1"]
        assert row["average.top1"] == 100 * told["correct"] / told["of"]
        assert [row[f"average.top1.{part}"] for part in ("low", "high", "interval", "correct", "of")] == [
            told[part] for part in ("low", "high", "method", "correct", "of")
        ]


def test_the_methods_own_rule_is_fused(table, rows):
    for _, row in table.iterrows():
        own = rows[row["run"]]["metrics"]["fusion"][rows[row["run"]]["fusion"]]
        assert row["fused.top1.correct"] == own["top1"]["correct"]
        assert row["fusion"] == rows[row["run"]]["fusion"]


def test_settings_costs_and_times_are_those_of_the_json(table, rows):
    for _, row in table.iterrows():
        tree = rows[row["run"]]
        assert row["config.train.lr"] == tree["config"]["train"]["lr"]
        assert json.loads(row["config.local.short_side"]) == tree["config"]["local"]["short_side"]
        for stream, cost in tree["cost"]["run"].items():
            assert row[f"cost.run.{stream}.parameters"] == cost["parameters"]
        assert row["timings.train_s"] == tree["timings"]["train_s"]
        assert row["environment.device_name"] == tree["environment"]["device_name"]


def test_dominance_and_differences_have_intervals(table, rows):
    for _, row in table.iterrows():
        tree = rows[row["run"]]
        local = tree["metrics"]["dominance"]["local"]
        assert row["dominance.local"] == 100 * local["correct"] / local["of"]
        assert row["dominance.local.low"] == local["low"]
        told = tree["metrics"]["fusion"]["adaptive"].get("to_average")
        if told:
            assert row["adaptive.to_average"] == told["points"]
            assert row["adaptive.to_average.high"] == told["high"]


def test_a_family_of_generated_clips(table, rows):
    row = table.iloc[0]
    told = rows[row["run"]]["metrics"]["fusion"]["average"]["per_family"]["conflict"]
    assert row["average.family.conflict"] == 100 * told["correct"] / told["of"]


def test_an_unused_stream_has_no_accuracy_and_counts_stay_whole():
    alone, both = made({"average": 60.0}), made({"average": 61.0}, seed=1)
    alone.labels["global"] = "not used"
    found = frame([alone, both])
    assert found["global.top1.correct"].isna().tolist() == [True, False]
    assert str(found["global.top1.correct"].dtype) == "Int64"
    assert math.isnan(found["global.top1"][0])


def test_a_setting_that_is_a_word_in_one_run_and_a_number_in_another_is_text():
    one, other = made({"average": 60.0}), made({"average": 61.0}, seed=1)
    one.config["method"]["settings"]["x"], other.config["method"]["settings"]["x"] = "auto", 0.5
    assert frame([one, other])["config.method.settings.x"].tolist() == ["auto", "0.5"]


def exported(*arguments):
    done = CliRunner().invoke(cli, ["export", "records", "--runs", str(RECORDS), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_csv_and_json_say_the_same_as_the_records(rows):
    lines = list(csv.DictReader(io.StringIO(exported())))
    objects = json.loads(exported("--format", "json"))
    assert [line["run"] for line in lines] == [each["run"] for each in objects]
    assert {line["run"] for line in lines} == set(rows)
    for line, each in zip(lines, objects, strict=True):
        told = rows[each["run"]]["metrics"]["fusion"]["average"]["top1"]
        assert each["average.top1"] == float(line["average.top1"]) == 100 * told["correct"] / told["of"]
        assert each["average.top1.of"] == int(line["average.top1.of"]) == told["of"]
        assert each["config.local.weights"] == rows[each["run"]]["config"]["local"]["weights"]


def test_a_file_is_written_as_its_name_ends(tmp_path):
    exported("--out", str(tmp_path / "runs.json"))
    assert len(json.loads((tmp_path / "runs.json").read_text())) == 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "parquet"), "parquet is not text: give --out FILE"),
        (
            ("--out", "runs.parquet"),
            'parquet needs the package pyarrow: pip install "mbd-harness[parquet]"; or --format csv',
        ),
        (("--out", "runs.csv", "--format", "json"), "name two formats"),
        (("--runs", "nowhere"), "--runs nowhere: there is no such folder of runs"),
    ],
)
def test_mistakes_are_one_line(arguments, words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", _without("pyarrow"))
    with pytest.raises(SystemExit) as stopped:
        main(["export", "records", *arguments])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert not list(tmp_path.iterdir())


def _without(package):
    import importlib.util

    found = importlib.util.find_spec
    return lambda name, *rest: None if name == package else found(name, *rest)


def test_no_runs_are_said(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["export", "records"])
    assert stopped.value.code == 1
    assert "error: no finished run in runs/: give another --runs" in capsys.readouterr().err


def test_parquet_has_the_same_columns(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    exported("--out", str(tmp_path / "x.parquet"))
    kept = parquet.read_table(tmp_path / "x.parquet")
    assert "average.top1.low" in kept.column_names
    assert kept.num_rows == 10
