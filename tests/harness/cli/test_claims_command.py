"""`harness claims` as a user types it."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from support.made_records import made, save
from support.made_studies import NOISE, gains, runs, written
from support.places import ROOT, refused

from harness.cli.main import cli
from results.verdict import VERDICTS


def call(*arguments):
    return CliRunner().invoke(cli, ["claims", *map(str, arguments)])


def test_costs_are_decided_in_an_empty_folder_without_torch(tmp_path):
    script = (
        "import sys; sys.argv = ['harness', 'claims', 'mbd', '--json', '--runs', sys.argv[1]]\n"
        "from harness.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "assert not {'torch', 'pandas', 'scipy.stats', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    verdicts = {row["id"]: row["verdict"] for row in json.loads(done.stdout)}
    assert (verdicts["C14"], verdicts["C15"], verdicts["C01a"]) == ("cost agrees", "cost differs", "not run")
    assert set(verdicts.values()) <= set(VERDICTS)


def test_only_claims_with_this_verdict_are_shown(tmp_path):
    shown = call("mbd", "--verdict", "cost differs", "--runs", tmp_path).output
    assert "C15" in shown
    assert "C14 " not in shown
    assert "counted 281.9, claimed 6.1" in shown


def test_brackets_are_not_markup(tmp_path):
    assert "dominance.local[Rafting] < 50" in call("mbd", "--runs", tmp_path).output


def test_records_are_read(tmp_path):
    save([made({"average": 60.0, "adaptive": 61.0})], tmp_path)
    rows = {row["id"]: row for row in json.loads(call("mbd", "--json", "--runs", tmp_path).output)}
    assert (rows["C23b"]["verdict"], rows["C23b"]["axis"]) == ("not decided: no study", "measured")
    assert rows["C23b"]["n"] == 1
    assert rows["C23a"]["verdict"] == "not comparable"
    assert len(rows["C23b"]["runs"]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mdb",), "no paper 'mdb'; did you mean 'mbd'?"),
        (("mbd", "--verdict", "reproducd"), "no verdict 'reproducd'; did you mean 'reproduced'?"),
    ],
)
def test_mistakes(arguments, words, capsys):
    assert words in refused(capsys, "claims", *arguments)


def test_a_study_is_found_beside_its_records_or_by_name(tmp_path):
    study, sha256 = written(tmp_path / "mine.yaml", paper="mbd", tables=["fusion"])
    save(runs(study, gains({}), sha256), tmp_path)
    rows = {row["id"]: row for row in json.loads(call("mbd", "--json", "--runs", tmp_path).output)}
    assert rows["C23b"]["verdict"] == "undecided"
    assert "the study has no controls" in rows["C23b"]["why"]
    assert rows["C23b"]["plan_sha256"] == sha256
    plan = (tmp_path / "mine.yaml").rename(tmp_path.parent / "mine.yaml")
    without = {row["id"]: row for row in json.loads(call("mbd", "--json", "--runs", tmp_path).output)}
    assert without["C23b"]["verdict"] == "not decided: no study"
    named = call("mbd", "--json", "--runs", tmp_path, "--study", plan).output
    assert {row["id"]: row for row in json.loads(named)}["C23b"]["verdict"] == "undecided"


def test_axes_are_shown_and_counted_apart_measured_first(tmp_path):
    shown = call("mbd", "--runs", tmp_path).output
    begin = ("measured: Table 1", "checked without runs: Table 1", "derived or quoted: ")
    heads = [shown.index(head) for head in begin]
    assert heads == sorted(heads)
    counted = shown[shown.index("mbd: ") :]
    assert re.search(r"measured: \d+\n +\d+ +not run", counted)
    assert re.search(r"checked without runs: \d+\n +\d+ +adds up", counted)
    assert "reproduced" not in counted


def test_a_claim_of_another_data_set_is_not_said_on_it(tmp_path):
    """Of the orders of Figure 6 one is decided: adaptive fusion is five points above the average."""

    def truth(arm, pair, seed):
        return {"average": 70.0, "adaptive": 75.0 + NOISE[pair % 8]}

    study, sha256 = written(tmp_path / "mine.yaml", paper="mbd", tables=["fusion"])
    save(runs(study, truth, sha256), tmp_path)
    shown = call("mbd", "--runs", tmp_path).output
    assert re.search(r"C23b +holds here, on localglobal  mbd .* claimed of kinetics400 \(r\)", shown)
    assert re.search(r"C04a +not comparable  mbd adaptive.top1 = 83.5 on kinetics400 \(r\)", shown)
    assert "decided here, on localglobal, not on the paper's own data: 1\n" in shown
