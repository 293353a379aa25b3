"""The command line as a process: it ends at once, but not before what it has printed and registered."""

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
    monkeypatch.setattr(main.threading, "active_count", lambda: 1)
    monkeypatch.setenv("WORLD_SIZE", "2" if distributed else "1")
    with pytest.raises(SystemExit):
        main.main()
    assert left == ([] if distributed else [1])
