"""What lies where a study's plan, its records or its beginning are expected: one line each."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from backbones.base.errors import UsageError, UserError
from harness.campaign.study.code import begun
from harness.campaign.study.plan import read_plan
from harness.campaign.study.records import kept

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
    ],
)
def test_lines_that_are_no_records(line: str, tmp_path: Path) -> None:
    good = json.dumps({"id": "a", "study": {"arm": "mbd", "seed": 1}})
    (tmp_path / "pair-000.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(UserError, match="line 2 is no record; delete that file"):
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
