"""The command line as a process: it ends at once, but not before what it has printed and registered."""

import signal
import subprocess
import sys

import pytest
from support.places import ROOT

ENDING = """
import atexit, sys
from pathlib import Path
import harness.__main__ as main

def command_line():
    atexit.register(Path(sys.argv[1]).touch)
    print("done")
    sys.exit(3)

main.command_line = command_line
main.main()
"""


def test_the_exit_code_the_output_and_what_was_registered_are_kept(tmp_path):
    command = [sys.executable, "-P", "-c", ENDING, str(tmp_path / "touched")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "done\n", "")
    assert (tmp_path / "touched").exists()


@pytest.mark.parametrize("distributed", [False, True])
def test_only_a_process_alone_ends_at_once(distributed, monkeypatch):
    import harness.__main__ as main

    left = []
    monkeypatch.setattr(main, "_leave", left.append)
    monkeypatch.setattr(main, "command_line", lambda: sys.exit(1))
    monkeypatch.setattr("threading.active_count", lambda: 1)
    monkeypatch.setattr("harness.signals.listen", lambda: None)
    monkeypatch.setattr(main, "settle_width", lambda: None)
    monkeypatch.setenv("WORLD_SIZE", "2" if distributed else "1")
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(SystemExit):
        main.main()
    assert left == ([] if distributed else [1])


INTERRUPTED = """
import os, signal, sys
import harness.__main__ as main

def command_line():
    if sys.argv[2] == "swallowed":  # as pydantic does while it builds a class
        from harness.cli.main import report_error

        try:
            os.kill(os.getpid(), int(sys.argv[1]))
        except KeyboardInterrupt as interrupted:
            sys.exit(report_error(TypeError(f"Error building a validator: {interrupted!r}")))
    if sys.argv[2] == "fork":  # as a pool of processes is, which is then terminated
        if child := os.fork():
            os.kill(child, int(sys.argv[1]))
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            return
        signal.pause()
    os.kill(os.getpid(), int(sys.argv[1]))
    signal.pause()

main.command_line = command_line
main.main()
"""


def interrupted(number, how="", before=None):
    command = [sys.executable, "-P", "-c", INTERRUPTED, str(int(number)), how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=before, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_anything_is_imported_is_answered(number):
    assert interrupted(number) == (130, "", "stopped\n")


ARRIVING = """
import os, signal
import harness.__main__ as main

# The signal arrives as soon as it is listened to: the call that says so is the last thing done without.
take_over = signal.signal

def taken_over(number, handler):
    take_over(number, handler)
    os.kill(os.getpid(), number)

signal.signal = taken_over
main.main()
"""


def test_a_signal_that_comes_while_signals_are_taken_over_is_answered():
    done = subprocess.run([sys.executable, "-P", "-c", ARRIVING], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_of_which_a_library_made_an_error_is_answered(number):
    assert interrupted(number, "swallowed") == (130, "", "stopped\n")


def test_a_forked_process_is_ended_as_any_other():
    assert interrupted(signal.SIGTERM, "fork") == (0, f"{-signal.SIGTERM}\n", "")


def test_under_nohup_a_lost_terminal_means_nothing():
    def nohup():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.alarm(2)  # would end it, as it waits for a signal that means something

    assert interrupted(signal.SIGHUP, before=nohup) == (-signal.SIGALRM, "", "")
