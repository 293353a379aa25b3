"""Signals ask for a stop at the next step; after a lost terminal nothing is printed to it."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios

import pytest
from support.places import ROOT

from harness.training.stopping import StopFlag

LOSES = """
import os, sys, time
from harness.training.stopping import StopFlag
flag = StopFlag()
with flag.listening():
    print("ready", flush=True)
    while not flag.set:  # to pause could come too late for the signal
        time.sleep(0.01)
    print("to nobody", flush=True)  # would be an error, where a terminal was
    open(sys.argv[1], "w").write(str(flag.set))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_asks_and_is_given_back(number):
    flag, before = StopFlag(), signal.getsignal(number)
    with flag.listening():
        assert not flag.set
        os.kill(os.getpid(), number)
        assert flag.set
    assert signal.getsignal(number) == before


def test_under_nohup_a_lost_terminal_asks_nothing():
    flag, before = StopFlag(), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with flag.listening():
            os.kill(os.getpid(), signal.SIGHUP)
            assert not flag.set
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_closed(tmp_path):
    ours, theirs = pty.openpty()

    def own_terminal():
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    child = subprocess.Popen(
        [sys.executable, "-P", "-c", LOSES, str(tmp_path / "said")],
        **{"stdin": theirs, "stdout": theirs, "stderr": theirs, "cwd": ROOT},
        preexec_fn=own_terminal,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(theirs)
    assert os.read(ours, 100).strip() == b"ready"
    os.close(ours)
    assert child.wait(timeout=60) == 0
    assert (tmp_path / "said").read_text() == "True"
