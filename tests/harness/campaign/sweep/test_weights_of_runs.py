"""Runs as weights of a sweep's trials have the name that the trials' own configurations give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.made_records import made, save

from backbones.base.errors import UsageError
from harness.cli import sweep
from harness.cli.main import main
from harness.record.folder import with_run_ids

GRID = ("--method", "two_stream", "--grid", "train.lr=0.01", "--dry-run")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a finished run."""
    save([made({"average": 60.0})], tmp_path / "runs")
    (record,) = (tmp_path / "runs").glob("*/record.json")
    return record.parent


def test_every_way_to_name_a_run(run: Path) -> None:
    own = f"run:{run.name}"
    for text in (run.name, run.name[:6], own, str(run), str(run / "record.json")):
        pairs = ["train.lr=1", f"local.weights={text}", "global.weights=imagenet"]
        assert with_run_ids(pairs, run.parent) == (
            "train.lr=1",
            f"local.weights={own}",
            "global.weights=imagenet",
        )
    with pytest.raises(UsageError, match="no run 'abcdef'"):
        with_run_ids(["local.weights=abcdef"], run.parent)


def test_a_run_that_lies_elsewhere_is_said_with_what_brings_it(run: Path, tmp_path: Path) -> None:
    """Trials look for it among the runs that they are made beside."""
    words = rf"run {run.name} is in {run.parent}, .* 'harness runs merge {run.parent} --out {tmp_path}/other'"
    with pytest.raises(UsageError, match=words):
        with_run_ids([f"global.weights={run}"], tmp_path / "other")


@pytest.mark.parametrize("given", [("--weights-local", "{}"), ("--set", "local.weights={}")])
def test_a_sweep_plans_its_trials_so(
    given: tuple[str, str], run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each trial 'left no record', though its record was there: it is found by its configuration."""
    planned = []
    monkeypatch.setattr(sweep, "_plan", lambda asked, *_: planned.append(asked))
    option, value = given
    with pytest.raises(SystemExit):
        main(["sweep", *GRID, option, value.format(run.name[:6]), "--out", str(run.parent)])
    (asked,) = planned
    assert f"local.weights=run:{run.name}" in asked.base.pairs
