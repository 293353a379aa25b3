"""Runs in processes of their own: what a campaign hears of them."""

import os
import signal
import sys

import pytest

from backbones.base.errors import UserError
from harness.campaign.child_process import run_child


def python(script):
    return [sys.executable, "-S", "-c", script]


def test_what_it_prints_is_told_and_kept(tmp_path):
    heard = []
    run_child(python("print('one'); print('two')"), tmp_path / "log" / "x.log", heard.append)
    run_child(python("print('three')"), tmp_path / "log" / "x.log")
    assert heard == ["one", "two"]
    kept = (tmp_path / "log" / "x.log").read_text().splitlines()
    assert [line for line in kept if not line.startswith("$ ")] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import sys; print('busy'); sys.exit('error: no such folder')", "no such folder"),
        ("raise SystemExit(3)", "exit code 3"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})", "ended by SIGSEGV"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})", "ended by SIGKILL (out of memory?)"),
    ],
)
def test_a_failure_has_its_reason(tmp_path, script, reason):
    with pytest.raises(UserError) as error:
        run_child(python(script), tmp_path / "x.log")
    assert str(error.value) == reason


def test_a_stopped_run_stops_the_campaign(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_child(python("raise SystemExit(130)"), tmp_path / "x.log")


def _interrupt():
    raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [_interrupt, lambda: os.kill(os.getpid(), signal.SIGTERM)])
def test_a_stop_reaches_the_child_which_ends_in_its_own_time(tmp_path, stop):
    """Ctrl-C or SIGTERM comes once the child is there; asked to stop, it writes its checkpoint."""
    before = signal.getsignal(signal.SIGTERM)
    script = (
        "import pathlib, signal, sys\n"
        "def stop(*_):\n"
        f"    pathlib.Path({str(tmp_path / 'checkpoint')!r}).write_text('whole'); sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, stop); print('there', flush=True); signal.pause()\n"
    )

    with pytest.raises(KeyboardInterrupt):
        run_child(python(script), tmp_path / "x.log", lambda line: stop())
    assert signal.getsignal(signal.SIGTERM) is before
    assert (tmp_path / "checkpoint").read_text() == "whole"
