"""The lock between processes: real processes hold it, end and are killed."""

import errno
import fcntl
import subprocess
import sys
import threading

import pytest
from support.places import ROOT

from backbones.base.errors import UserError
from harness.lock import is_locked, locked

HOLDER = """
import os, sys
from pathlib import Path
from harness.lock import locked
path = Path(sys.argv[1])
with locked(path, wait=False):
    if sys.argv[2] == "fork" and os.fork():
        os._exit(1)  # no clean-up, as after a kill
    print("held", flush=True)  # of a fork the child says so, which lives until the test closes its input
    if sys.argv[2] == "fork":
        sys.stdin.read()
        os._exit(0)
    sys.stdin.readline()
    Path(sys.argv[1] + ".order").write_text("first ")
"""


@pytest.fixture
def hold(tmp_path):
    """Starts a process that holds the lock until its input ends; gives the process and the lock's file."""
    started = []

    def start(how):
        path = tmp_path / "lock"
        holder = subprocess.Popen(
            [sys.executable, "-P", "-c", HOLDER, str(path), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            text=True,
        )
        started.append(holder)
        assert holder.stdout.readline() == "held\n"
        return holder, path

    yield start
    for holder in started:
        holder.kill()
        holder.communicate()


def test_one_process_holds_it_and_others_are_told(hold):
    holder, path = hold("wait")
    assert is_locked(path)
    with pytest.raises(BlockingIOError), locked(path, wait=False):
        pass
    holder.communicate("\n")
    assert not is_locked(path)
    with locked(path, wait=False):
        assert is_locked(path)
    assert not is_locked(path)


def test_it_ends_with_a_killed_process(hold):
    holder, path = hold("wait")
    holder.kill()
    holder.wait()
    with locked(path, wait=False):
        pass


def test_a_forked_child_does_not_keep_it_alive(hold):
    """A loader's worker outlives its killed parent for seconds."""
    holder, path = hold("fork")
    holder.wait()
    with locked(path, wait=False):
        pass
    assert not holder.stdin.closed  # the child still lives


def test_who_waits_gets_it_afterwards(hold):
    holder, path = hold("wait")
    order = path.with_name("lock.order")

    def wait():
        with locked(path, wait=True):
            order.write_text(order.read_text() + "second")

    waiting = threading.Thread(target=wait)
    waiting.start()
    holder.communicate("\n")
    waiting.join()
    assert order.read_text() == "first second"


def test_what_stands_in_the_file_is_kept(tmp_path):
    (tmp_path / "lock").write_text("precious")
    with locked(tmp_path / "lock", wait=False):
        pass
    assert (tmp_path / "lock").read_text() == "precious"


def test_a_symbolic_link_is_not_followed(tmp_path):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="it is a symbolic link"), locked(tmp_path / "lock", wait=False):
        pass
    assert not (tmp_path / "elsewhere").exists()
    assert not is_locked(tmp_path / "lock")


def test_a_file_system_without_locks_is_said(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UserError, match="has no locks"), locked(tmp_path / "lock", wait=True):
        pass
    assert not is_locked(tmp_path / "lock")
