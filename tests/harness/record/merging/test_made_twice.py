"""One run made twice on one machine: the same result, whatever its seconds; and what a copy leaves out."""

import json
import os

import pytest
from click.testing import CliRunner
from support.made_records import made, save

from backbones.base.errors import UserError
from harness.campaign.study import records as study_records
from harness.cli.main import cli
from harness.record.comparison.replication import CONTRADICTION, SAME, relation
from harness.record.consistency.seal import sealed
from harness.record.folder import RunFolder
from harness.record.schema import RunRecord

RECORD = made({"average": 60.0, "svm": 61.0})
CHANGED = json.dumps(sealed({"members": [["a", "local"]], "scores": {}}) | {"scores": {"top1": 1}})
OTHER = made({"average": 60.0, "svm": 62.0})  # of the same configuration


def again(seconds):
    """The record as of a second making: seconds of fitting, of the whole, when it ended."""
    tree = RECORD.model_dump(mode="json", by_alias=True)
    tree["metrics"]["fusion"]["svm"]["fit_s"] = seconds
    tree["finished"] = "2031-01-01T00:00:00+00:00"
    return RunRecord.model_validate(tree)


def test_seconds_are_no_result():
    assert relation(RECORD, again(7.5)) == SAME
    assert relation(RECORD, OTHER) == CONTRADICTION


def test_both_are_merged_as_one(tmp_path):
    save([RECORD], tmp_path / "one")
    save([again(7.5)], tmp_path / "two")
    words = ["runs", "merge", str(tmp_path / "one"), str(tmp_path / "two"), "--out", str(tmp_path / "all")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "all").iterdir() if path.is_dir()] == [RECORD.id]


def test_two_lines_of_a_study_that_differ_in_seconds_agree(tmp_path):
    lines = [each.model_dump_json(by_alias=True) for each in (RECORD, again(7.5))]
    path = study_records.pair_file(tmp_path, 0)
    path.write_text("\n".join(lines))
    assert len(list(study_records.kept(tmp_path, 0))) == 2
    path.write_text("\n".join([lines[0], OTHER.model_dump_json(by_alias=True)]))
    with pytest.raises(UserError, match="disagree; keep one of these lines"):
        list(study_records.kept(tmp_path, 0))


def test_what_is_no_file_is_not_copied(tmp_path):
    save([RECORD], tmp_path / "one")
    run = RunFolder(tmp_path / "one" / RECORD.id)
    os.mkfifo(run.path / "pipe")
    (run.path / "link").symlink_to("config.json")
    words = ["runs", "merge", str(tmp_path / "one"), "--out", str(tmp_path / "all")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    copied = tmp_path / "all" / RECORD.id
    assert json.loads((copied / "record.json").read_text())["id"] == RECORD.id
    assert (copied / "link").is_symlink()
    assert not (copied / "pipe").exists()
    assert sorted(path.name for path in (tmp_path / "all").iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize("line", ["{}", "[]", "{", CHANGED])
def test_ensembles_that_were_changed_are_not_merged(tmp_path, line):
    for name in ("one", "two"):
        path = study_records.pair_file(tmp_path / name / "records", 0)
        path.parent.mkdir(parents=True)
        path.write_text(RECORD.model_dump_json(by_alias=True) + "\n")
    (path.parent / "ensembles-000.jsonl").write_text(line + "\n")
    words = ["runs", "merge", *(str(tmp_path / each / "records") for each in ("one", "two"))]
    done = CliRunner().invoke(cli, [*words, "--out", str(tmp_path / "all")])
    assert done.exit_code == 1
    assert "a line is no ensemble, or was changed after the run; delete the file" in str(done.exception)
