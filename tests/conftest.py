"""Tiny runs: generated clips made once per test session, narrow networks, few steps."""

import os

from harness import openmp

openmp.settle()  # before torch is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import signal
import subprocess
import sys
from functools import partial

import pytest
from hypothesis import settings
from support.places import ROOT

# A busy machine fails no test: speed is measured by benchmarks.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# Under nohup, or in a script's background, they would be ignored, in what the tests start too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

TINY = [
    *("data.train_per_class=1", "data.test_per_class=1", "data.fit_per_class=1", "data.seed=0"),
    *("local.backbone=r2plus1d18", "local.width=0.125", "local.frames=4", "local.crop=32"),
    *("local.short_side=[36,36]", "local.test_short_side=36"),
    *("global.backbone=vtn:resnet10t", "global.frames=4", "global.stride=8", "global.crop=32"),
    *("global.short_side=[36,36]", "global.test_short_side=36"),
    *("test.local_clips=2", "test.global_clips=1", "train.batch_size=4", "train.epochs=2"),
    *("fit.rules=own", "fit.views=1"),
]


@pytest.fixture(scope="session")
def clips_root(tmp_path_factory):
    """One cache of generated clips for the whole session."""
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def tiny_pairs():
    return TINY


@pytest.fixture(scope="session")
def harness_cli(clips_root):
    """Runs the command line in a process of its own: (exit code, stdout, stderr)."""

    def call(*arguments, cwd=ROOT, **environment):
        env = {**os.environ, "XDG_CACHE_HOME": str(clips_root), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        command = [sys.executable, "-P", "-m", "harness", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=cwd, env={**env, **environment}, capture_output=True, text=True, timeout=300
        )
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.fixture(scope="session")
def execute_tiny(clips_root):
    """Makes a whole tiny run in this process; gives its outcome."""

    def execute_(*pairs, out, data_root=None, **launch_settings):
        from harness.config.resolve import resolve
        from harness.console.console import RunConsole
        from harness.execution.execute import execute
        from harness.execution.job import Launch

        config = resolve("tiny", {"method": {"name": "mbd"}}, [*TINY, *pairs])
        launched = Launch(
            **{"data_root": data_root, "out": out, "device": "cpu", "workers": 0, **launch_settings}
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(clips_root))
            return execute(config, launched, RunConsole(json=True, quiet=True))

    return execute_


@pytest.fixture(scope="session")
def make_tiny(execute_tiny):
    """Makes a whole tiny run in this process; gives its folder."""

    def make(*pairs, **settings):
        return execute_tiny(*pairs, **settings).folder

    return make


@pytest.fixture
def tiny_run(make_tiny, tmp_path):
    """`make_tiny`, into this test's own folder where none is given."""
    return partial(make_tiny, out=tmp_path / "runs")


@pytest.fixture
def no_costs(monkeypatch):
    """Runs without the timed step and the networks' cost, which take half of a tiny run's time."""
    from harness.cost.estimate import Estimate
    from harness.record.schema import Cost

    monkeypatch.setattr("harness.execution.dry_run.estimate", lambda *_: Estimate(1.0, 1.0))
    monkeypatch.setattr("harness.execution.build_record.costs", lambda *_: Cost(run={}, full={}))


@pytest.fixture(scope="session")
def one_whole_run(make_tiny, tmp_path_factory):
    """Of this session; read only."""
    return make_tiny(out=tmp_path_factory.mktemp("whole"))


@pytest.fixture
def whole(one_whole_run, tmp_path):
    """A finished tiny run, made once and copied to where `tiny_run` looks."""
    from harness.record.folder import RunFolder

    copy = tmp_path / "runs" / one_whole_run.id
    shutil.copytree(one_whole_run.path, copy)
    return RunFolder(copy)
