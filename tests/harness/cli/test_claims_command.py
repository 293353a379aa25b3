"""`harness claims` as a user types it."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from support.made_records import made, save
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
    assert (verdicts["C14"], verdicts["C15"], verdicts["C01a"]) == ("reproduced", "contradicted", "not run")
    assert set(verdicts.values()) <= set(VERDICTS)


def test_only_claims_with_this_verdict_are_shown(tmp_path):
    shown = call("mbd", "--verdict", "contradicted", "--runs", tmp_path).output
    assert "C15" in shown
    assert "C14 " not in shown
    assert "counted 281.9, claimed 6.1" in shown


def test_brackets_are_not_markup(tmp_path):
    assert "dominance.local[rafting] < 50" in call("mbd", "--runs", tmp_path).output


def test_records_are_read(tmp_path):
    save([made({"average": 60.0, "adaptive": 61.0})], tmp_path)
    rows = {row["id"]: row for row in json.loads(call("mbd", "--json", "--runs", tmp_path).output)}
    assert rows["C23b"]["verdict"] == "inconclusive"
    assert rows["C23b"]["seeds"] == 5
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


def test_the_count_says_what_verdicts_rest_on(tmp_path):
    """Sums of a paper's own numbers that come out right are not shown as if a run had reproduced them."""
    without = call("mbd", "--runs", tmp_path).output
    save([made({"average": 60.0, "adaptive": 61.0})], tmp_path)
    withal = call("mbd", "--runs", tmp_path).output
    assert re.search(r"\d+ +reproduced +0 by runs, [1-9]\d* by arithmetic or counted cost", without)
    assert "inconclusive" not in without
    assert re.search(r"\d+ +inconclusive +[1-9]\d* by runs, 0 by arithmetic", withal)
