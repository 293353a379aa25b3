"""Which engine a campaign gets, and what is said where it cannot."""

import importlib.util
from types import SimpleNamespace

import pytest

from backbones.base.errors import UsageError
from harness.campaign.engines.chosen import Asked, place, through
from harness.campaign.engines.local import Local
from harness.campaign.engines.slots import Share


def chosen(tmp_path, *asked, **share):
    return place(Asked(*asked), Share(**share), "cpu", tmp_path)


def test_this_machine_without_anything_said(tmp_path, monkeypatch):
    """Of 8 cores one process takes what it likes; of two, each leaves one of its four to compute."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    one, two = chosen(tmp_path), chosen(tmp_path, jobs=2)
    assert (type(one.engine), one.workers, two.workers) == (Local, None, 3)


@pytest.mark.parametrize(("engine", "package"), [("slurm", "submitit"), ("ray", "ray")])
def test_an_extra_that_is_not_installed_is_one_line(tmp_path, monkeypatch, engine, package):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=rf'package {package}: pip install "mbd-harness\[{engine}\]"'):
        chosen(tmp_path, engine)


def test_a_cluster_of_ray_gives_the_threads_that_the_plan_has(tmp_path):
    """Ray itself sets one. Of three CPUs one is for the second thread, one decodes."""
    spec = importlib.util.find_spec("ray")
    if spec is None or spec.origin is None:  # the folder of Ray's tests has that name, too
        pytest.skip("ray is not installed (an extra)")
    there = chosen(tmp_path, "ray", ["address=h:6379"], threads=2, jobs=5)
    assert (there.engine.env, there.workers, there.engine.most) == ({"OMP_NUM_THREADS": "2"}, 2, 5)
    assert (there.engine.address, there.engine.resources.cpus) == ("h:6379", 3)


def test_a_store_is_opened_and_what_runs_there_goes_through_it(tmp_path):
    there = chosen(tmp_path, "local", [], f"{tmp_path}/store", jobs=2)
    engine = through(there, tmp_path, tmp_path / "runs")
    assert (there.store.url, engine.engine, engine.store) == (
        f"file://{tmp_path}/store",
        there.engine,
        there.store,
    )
    assert not (tmp_path / "store").exists()
    plain = chosen(tmp_path)
    assert through(plain, tmp_path, tmp_path) is plain.engine


def test_jobs_of_slurm_share_a_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: SimpleNamespace(origin=name))
    with pytest.raises(UsageError, match="--store: jobs of SLURM have a disk in common with this machine"):
        chosen(tmp_path, "slurm", [], "s3://bucket")


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
