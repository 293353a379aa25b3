"""A method with a frozen teacher and a loss of its own comes as one file: no file of the harness changes."""

import pytest
import torch
from click.testing import CliRunner
from support.places import ROOT
from support.plugin_files import loaded

from backbones.base.errors import UsageError
from backbones.base.registry import load
from harness.cli.main import cli
from harness.record.checkpoint import read
from harness.record.events import read as read_events
from harness.record.folder import RunFolder
from methods.catalogue import METHODS
from methods.check import check_method

PLUGIN = ROOT / "tests" / "fixtures" / "plugins" / "hint.py"
HINT = ("--method", "my_hint", "--set", "method.weight=0.25", "--set", "local.stride=8")


@pytest.fixture
def harness_run(tiny_pairs, clips_root, tmp_path, monkeypatch, no_costs):
    """`harness run` in this process, on tiny clips; gives the runs that are there afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    out = tmp_path / "runs"
    settings = [word for pair in tiny_pairs for word in ("--set", pair)]
    fixed = ["--preset", "tiny", "--device", "cpu", "--workers", "0", "--out", str(out), "--json"]

    def run(*arguments):
        done = CliRunner().invoke(cli, ["run", *fixed, *settings, *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return {path.parent.name: RunFolder(path.parent) for path in out.glob("*/record.json")}

    return run


def test_a_taught_method_is_one_file(harness_run):
    ((name, teacher),) = harness_run("--pretrain", "local", "--set", "local.stride=8").items()
    with loaded(PLUGIN):
        assert all(finding.holds for finding in check_method(load(METHODS.get("my_hint").target)))
        with pytest.raises(UsageError, match="the local stream is a frozen teacher but has no weights"):
            harness_run(*HINT, "--from-scratch")
        runs = harness_run(*HINT, "--from-scratch", "--weights-local", name)
    student = next(run for other, run in runs.items() if other != name)
    record = student.record()
    assert record.config["method"]["settings"] == {"weight": 0.25}
    assert [each.adds for each in record.plugins] == [["method my_hint"]]
    assert {"global/ce", "global/hint"} == set(read_events(student.events)[-1]["losses"])
    before, after = (read(run.checkpoint)["method"] for run in (teacher, student))
    equal = {key: torch.equal(before[key], after[key]) for key in before}
    assert all(same for key, same in equal.items() if key.startswith("streams.local."))
    assert not all(same for key, same in equal.items() if key.startswith("streams.global."))
