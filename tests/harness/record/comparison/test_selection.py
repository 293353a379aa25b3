"""Conditions, order and differences of rows, and `harness runs` with them."""

import json
import os
import re

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from backbones.base.errors import UsageError
from harness.cli.main import cli
from harness.config.resolve import resolve
from harness.record.comparison.selection import conditions, differing, ordered

ROWS = [
    {"method": "mbd", "seed": 0, "train.lr": 0.01, "top1": None, "local.short_side": [72, 72]},
    {"method": "mutual", "seed": 2, "train.lr": 0.1, "top1": 60.5, "local.short_side": [72, 80]},
    {"method": "kd", "seed": 10, "train.lr": 0.01, "top1": 71.0, "local.short_side": [72, 80]},
    {"method": "mbd", "seed": 3, "train.lr": 1e-5, "top1": 9.5, "method.final": False},
]
NAMES = {name for row in ROWS for name in row}


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("method=mbd", [0, 3]),
        ("method!=mbd", [1, 2]),
        ("method=m*", [0, 1, 3]),
        ("seed<3", [0, 1]),
        ("seed<=3,method=mbd", [0, 3]),
        ("seed >= 3 , train.lr > 0.001", [2]),
        ("train.lr=1.0e-5", [3]),
        ("top1>9.5", [1, 2]),
        ("top1=null", [0]),
        ("top1!=null", [1, 2, 3]),
        ("local.short_side=[72, 80], seed=2", [1]),
        ("method.final=false", [3]),
        ("method>5", []),
        ("seed<mbd", []),
    ],
)
def test_a_condition_chooses_its_rows(text, chosen):
    found = conditions(text, NAMES)
    assert [n for n, row in enumerate(ROWS) if all(each.holds(row) for each in found)] == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("method", "expected NAME=VALUE"),
        ("method=", "expected NAME=VALUE"),
        ("method=mbd,", "expected NAME=VALUE"),
        ("=mbd", "expected NAME=VALUE"),
        ("lr=3", "did you mean 'train.lr'"),
        ("sead<3", "did you mean 'seed'"),
    ],
)
def test_what_is_no_condition_is_one_line(text, words):
    with pytest.raises(UsageError, match=words):
        conditions(text, NAMES)


def test_numbers_are_ordered_as_numbers_and_what_is_not_there_comes_last():
    assert [row["seed"] for row in ordered(ROWS, "seed")] == [0, 2, 3, 10]
    assert [row["top1"] for row in ordered(ROWS, "-top1")] == [71.0, 60.5, 9.5, None]
    assert [row["method"] for row in ordered(ROWS, "method")] == ["kd", "mbd", "mbd", "mutual"]


@given(st.lists(st.fixed_dictionaries({}, optional={name: st.integers(0, 2) for name in "abc"}), min_size=1))
def test_what_differs_is_what_has_two_values(rows):
    expected = {name for name in "abc" if len({row.get(name) for row in rows}) > 1}
    assert set(differing(rows)) == expected


@pytest.fixture
def runs(tmp_path):
    for number, pairs in enumerate((["seed=1"], ["train.lr=0.5"], ["train.lr=0.5", "method.temperature=4"])):
        run = tmp_path / (f"{number}" * 12)
        run.mkdir()
        made = resolve("tiny", {"method": {"name": "mbd"}}, pairs)
        (run / "config.json").write_text(json.dumps(made.plain()))
    return tmp_path


def call(runs, *words):
    done = CliRunner().invoke(cli, ["runs", "--out", str(runs), *words], catch_exceptions=False)
    return done.output


def test_runs_are_listed_with_the_settings_in_which_they_differ(runs):
    shown = call(runs)
    assert shown.splitlines()[0] == "local r2plus1d50 ×⅛; global vtn_vitb ×⅛; data localglobal standard"
    assert all(name in shown for name in ("train.lr", "method.temperature"))
    assert "data.seed" not in shown  # the seed draws the videos
    assert "train.epochs" not in shown


def test_runs_are_chosen_and_ordered_by_settings(runs):
    rows = json.loads(call(runs, "--where", "train.lr=0.5", "--sort", "-method.temperature", "--json"))
    assert [row["run"] for row in rows] == ["2" * 12, "1" * 12]
    assert rows[0]["settings"]["method.temperature"] == 4
    assert "none of the 3 runs" in call(runs, "--where", "seed>5")


def test_the_newest_runs_or_the_first_of_an_order_are_shown_and_the_others_counted(runs):
    for number, when in enumerate((30, 10, 20)):  # the folder of 1s is the oldest, that of 0s the newest
        os.utime(runs / (f"{number}" * 12) / "config.json", (when, when))

    def shown(*words):
        done = CliRunner().invoke(cli, ["runs", "--out", str(runs), "--limit", *words])
        return re.findall(r"(\d)\1{11}", done.stdout), done.stderr

    newest, said = shown("2")
    assert newest[:2] == ["2", "0"]
    assert "1" not in newest
    assert said == "the newest 2 of 3 runs are shown; --limit 0 shows all, --where chooses\n"
    assert shown("1", "--sort", "-train.lr")[0][0] == "1"  # as old as its equal, and listed before it
    assert shown("1", "--where", "train.lr=0.5")[1].startswith("the newest 1 of 2 runs")
    assert shown("0")[1] == shown("3")[1] == ""
    assert len(json.loads(call(runs, "--json"))) == 3 > len(json.loads(call(runs, "--json", "--limit", "1")))
