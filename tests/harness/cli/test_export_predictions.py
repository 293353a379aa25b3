"""`harness export predictions`: the table of `harness.predictions`, in each format."""

import io
import json

import pandas
from click.testing import CliRunner

import harness
from harness.cli.main import cli
from harness.record.consistency.seal import sealed


def call(whole, *words):
    done = CliRunner().invoke(cli, ["export", "predictions", str(whole.path), *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_row_for_each_test_video(whole, tmp_path):
    expected = harness.predictions(whole.path)
    table = pandas.read_csv(io.StringIO(call(whole)))
    assert list(table.columns) == list(expected.columns)
    pandas.testing.assert_frame_equal(table, expected, check_dtype=False)
    rows = json.loads(call(whole, "--format", "json", "--no-scores"))
    assert [row["fused" if "fused" in row else "local"] for row in rows] == list(expected["local"])
    assert not any(".score." in name for name in rows[0])
    call(whole, "--out", tmp_path / "table.csv")
    assert len(pandas.read_csv(tmp_path / "table.csv")) == len(expected)


def test_a_rule_of_a_plug_in_that_is_not_loaded_is_named(whole):
    """It was left out without a word."""
    record = json.loads(whole.record_path.read_text())
    record["metrics"]["fusion"]["their_rule"] = record["metrics"]["fusion"]["average"]
    whole.record_path.write_text(json.dumps(sealed(record)))
    done = CliRunner().invoke(cli, ["export", "predictions", str(whole.path)])
    said = "left out: their_rule, of a plug-in that is not loaded; --plugin FILE.py loads it\n"
    assert (done.exit_code, done.stderr) == (0, said)
    assert "their_rule" not in done.stdout
