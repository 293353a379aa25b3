"""Which engine a campaign gets, and what is said where it cannot."""

import importlib.util

import pytest

from backbones.base.errors import UsageError
from harness.campaign.engines.chosen import Asked, place
from harness.campaign.engines.local import Local
from harness.campaign.engines.slots import Share


def chosen(tmp_path, *asked, **share):
    return place(Asked(*asked), Share(**share), "cpu", tmp_path)


def test_this_machine_without_anything_said(tmp_path, monkeypatch):
    """Of 8 cores one process takes what it likes; of two, each leaves one of its four to compute."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    one, two = chosen(tmp_path), chosen(tmp_path, jobs=2)
    assert (type(one.engine), one.workers, two.workers) == (Local, None, 3)


def test_an_extra_that_is_not_installed_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r'package submitit: pip install "mbd-harness\[slurm\]"'):
        chosen(tmp_path, "slurm")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["partition=gpu"], "--engine local has no settings"),
        (["partition"], "expected KEY=VALUE"),
        (["=gpu"], "expected KEY=VALUE"),
        (["time=30", "time=40"], "each key once"),
    ],
)
def test_settings_that_are_none(tmp_path, settings, words):
    with pytest.raises(UsageError, match=words):
        chosen(tmp_path, "local", settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [([], "no srun here"), (["cluster=x"], "cluster=x: expected slurm, or local")],
)
def test_a_machine_that_is_in_no_cluster(tmp_path, monkeypatch, settings, words):
    pytest.importorskip("submitit", reason="submitit is not installed (an extra)")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=words):
        chosen(tmp_path, "slurm", settings)
    assert not [*tmp_path.iterdir()]
