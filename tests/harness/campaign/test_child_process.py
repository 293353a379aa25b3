"""Runs in processes of their own: what a campaign hears of them."""

import os
import signal
import sys

import pytest

from backbones.base.errors import UserError
from harness.campaign.child_process import Child, run_child, run_children


def python(script):
    return [sys.executable, "-S", "-c", script]


def test_what_it_prints_is_told_and_kept(tmp_path):
    heard = []
    run_child(Child(python("print('one'); print('two')"), tmp_path / "log" / "x.log", heard.append))
    run_child(Child(python("print('three')"), tmp_path / "log" / "x.log"))
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
        run_child(Child(python(script), tmp_path / "x.log"))
    assert str(error.value) == reason


def test_a_stopped_run_stops_the_campaign(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_child(Child(python("raise SystemExit(130)"), tmp_path / "x.log"))


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
        run_child(Child(python(script), tmp_path / "x.log", lambda line: stop()))
    assert signal.getsignal(signal.SIGTERM) is before
    assert (tmp_path / "checkpoint").read_text() == "whole"


def waiting(folder, name):
    """A child that says that it is there, and leaves a file when it is asked to stop."""
    script = (
        "import pathlib, signal, sys\n"
        "def stop(*_):\n"
        f"    pathlib.Path({str(folder / name)!r}).write_text('whole'); sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, stop); print('there', flush=True); signal.pause()\n"
    )
    return python(script)


def test_several_run_at_once_and_each_has_its_reason(tmp_path):
    """Two that wait for one another end only where both run at the same time."""
    ways = [tmp_path / "one", tmp_path / "two"]
    for way in ways:
        os.mkfifo(way)
    meet = "import sys; {}; {}; sys.exit({!r})"
    first = meet.format(f"open({str(ways[0])!r}, 'w').close()", f"open({str(ways[1])!r}).close()", "error: a")
    second = meet.format(f"open({str(ways[0])!r}).close()", f"open({str(ways[1])!r}, 'w').close()", 0)
    third = "raise SystemExit(3)"
    children = [Child(python(each), tmp_path / "x.log") for each in (first, second, third)]
    assert run_children(children, at_once=2) == ["a", "", "exit code 3"]


def test_no_more_run_than_are_wanted_at_once(tmp_path):
    """The first leaves a file at its end; the second is begun when it is there."""
    mark = tmp_path / "mark"
    first = f"import pathlib; pathlib.Path({str(mark)!r}).touch()"
    second = f"import pathlib, sys; sys.exit(not pathlib.Path({str(mark)!r}).exists())"
    assert run_children([Child(python(each), tmp_path / "x.log") for each in (first, second)]) == ["", ""]


def test_a_stop_reaches_all_and_begins_no_other(tmp_path):
    there = []

    def tell(line):
        there.append(line)
        if len(there) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    names = ("a", "b", "c")
    children = [Child(waiting(tmp_path, name), tmp_path / f"{name}.log", tell) for name in names]
    with pytest.raises(KeyboardInterrupt):
        run_children(children, at_once=2)
    assert sorted(path.name for path in tmp_path.iterdir() if not path.suffix) == ["a", "b"]


def test_one_that_was_stopped_stops_the_others(tmp_path):
    """As by kill -TERM of one pair's process: the study ends, whole."""
    # It goes on once the other is there.
    stopped = f"open({str(tmp_path / 'way')!r}).close(); raise SystemExit(130)"
    os.mkfifo(tmp_path / "way")

    def tell(line):
        if line == "there":
            (tmp_path / "way").write_text("")

    children = [
        Child(python(stopped), tmp_path / "x.log"),
        Child(waiting(tmp_path, "b"), tmp_path / "b.log", tell),
    ]
    with pytest.raises(KeyboardInterrupt):
        run_children(children, at_once=2)
    assert (tmp_path / "b").read_text() == "whole"
