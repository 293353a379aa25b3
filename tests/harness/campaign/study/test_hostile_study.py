"""What lies where a study's plan, its records or its beginning are expected: one line each."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support.made_studies import written

from backbones.base.errors import UsageError, UserError
from harness.campaign.study.code import begun, begun_in
from harness.campaign.study.plan import read_plan
from harness.campaign.study.records import kept
from harness.cli.study_options import study_command

PLAN = "arms: [mbd]\ndataset: localglobal\npreset: tiny\npairs: 2\n"
LAUGHS = "a: &a [x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghijklmn", "bcdefghijklmno", strict=True)
)


@pytest.mark.parametrize(
    "text", ["[" * 5000, LAUGHS, "!!python/name:os.system", "pairs: " + "9" * 5000, "3", PLAN + "\x00"]
)
def test_plans_that_are_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"plan .*plan.yaml: ") as caught:
        read_plan(tmp_path / "plan.yaml")
    assert "\n" not in str(caught.value)


def test_a_plan_that_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "plan.yaml")
    with pytest.raises(UsageError, match="not a regular file"):
        read_plan(tmp_path / "plan.yaml")


@pytest.mark.parametrize(
    "line",
    [
        "3",
        "[]",
        "{}",
        '{"id": 3}',
        '{"id": "a", "study": 3}',
        "[" * 100_000,
        '{"id": "a", "study": {"arm": 3, "seed": 1}}',
        '{"id": "a", "study": {"arm": "mbd"}}',
        '{"id": "a", "study": {"arm": "mbd", "seed": 1}}',
    ],
)
def test_lines_that_are_no_records(line: str, tmp_path: Path) -> None:
    good = json.dumps({"id": "a", "study": {"arm": "mbd", "seed": 1, "pair": 0}})
    (tmp_path / "pair-000.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(UserError, match="line 2, is no record; delete that line"):
        list(kept(tmp_path, 0))


@pytest.mark.parametrize(
    "text",
    ["[]", "3", "{}", '{"plan_sha256": "0"}', '{"plan_sha256": "ab", "commit": "--upload-pack=touch"}', "["],
)
def test_a_beginning_that_says_nothing(text: str, tmp_path: Path) -> None:
    """The commit is an argument of git's: nothing but a hash may stand there."""
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(UserError, match="does not say how the study began"):
        begun(tmp_path, tmp_path / "plan.yaml", "ab", here=True)


def test_another_plan_or_a_changed_copy_beside_the_records(tmp_path: Path) -> None:
    _made, sha256 = written(tmp_path / "plan.yaml", arms=["two_stream", "mbd"])
    records, plan = tmp_path / "records", tmp_path / "plan.yaml"
    assert begun_in(records, plan, sha256) is None
    first = begun(records, plan, sha256, here=True)
    assert begun_in(records, plan, sha256) == first
    with pytest.raises(UserError, match="is not the plan that this study began with"):
        begun_in(records, plan, "0" * 64)
    (records / "plan.yaml").write_text(plan.read_text() + "# a note\n")
    with pytest.raises(
        UserError, match=r"records/plan.yaml is no longer the plan .*: delete it, and 'harness study run'"
    ):
        begun_in(records, plan, sha256)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="expected a folder of records, not a file"):
        begun_in(tmp_path / "file", plan, sha256)


def test_a_plan_with_a_configuration_file_goes_on_and_is_whole_in_its_copy(tmp_path: Path) -> None:
    """Of one setting that both say the plan's holds. The copy is read where that file is not."""
    (tmp_path / "own.yaml").write_text("extends: tiny\ntrain: {lr: 0.5, epochs: 3}\n")
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "arms: [two_stream, mbd]\ndataset: localglobal\nconfig: own.yaml\npairs: 2\n"
        "settings: [train.lr=0.25]\n"
    )
    made, sha256 = read_plan(plan)
    records = tmp_path / "records"
    first = begun(records, plan, sha256, here=True)
    assert begun_in(records, plan, sha256) == begun(records, plan, sha256, here=True) == first
    copy, copied = read_plan(records / "plan.yaml")
    assert copied == sha256
    assert (copy.preset, copy.settings) == ("tiny", ("train.lr=0.25", "train.epochs=3"))
    assert made.settings == ("train.lr=0.5", "train.epochs=3", "train.lr=0.25")
    (records / "plan.yaml").unlink()
    begun(records, plan, sha256, here=True)
    assert read_plan(records / "plan.yaml")[1] == sha256
    (tmp_path / "own.yaml").write_text("extends: tiny\ntrain: {lr: 0.5, epochs: 4}\n")
    assert read_plan(plan)[1] != sha256


def test_the_end_says_the_report_s_command_with_the_places_that_were_given() -> None:
    assert study_command("report", Path("p.yaml"), None, None) == "harness study report p.yaml"
    said = study_command("report", Path("p q.yaml"), Path("a b"), Path("r"))
    assert said == "harness study report 'p q.yaml' --out 'a b' --records r"
