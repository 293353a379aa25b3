"""Installed packages that are broken in other ways than by raising ImportError."""

import json
import subprocess
import sys
import threading

import pytest
from support.places import ROOT
from support.plugin_files import write_package

from backbones.base import installed
from backbones.base.errors import PluginWarning

GOOD = """
from methods.registry import FUSIONS, FusionEntry
FUSIONS.add(FusionEntry("theirs_good", "methods.fusion.average:Average", "", "", False))
"""


def methods(harness_cli, folder, kind="fusions"):
    code, out, err = harness_cli("list", kind, "--json", PYTHONPATH=f"{ROOT}:{folder}")
    return code, [row["name"] for row in json.loads(out)] if code == 0 else out, err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[mbd_harness.fusions]\n\xff = x\n", "can't decode byte 0xff"),
        (b"[anything]\nno entry\n", "missing 1 required positional argument"),
        (None, "Too many levels of symbolic links"),
    ],
    ids=["no text", "no entries", "a link to itself"],
)
def test_a_list_of_entry_points_that_cannot_be_read_is_skipped(harness_cli, tmp_path, text, why):
    """pydantic and torch read it, too, and whatever else a command imports that asks for plug-ins."""
    write_package(tmp_path, "theirs", "fusions", GOOD)
    write_package(tmp_path, "broken", "fusions", GOOD)
    path = tmp_path / "broken-1.2.dist-info" / "entry_points.txt"
    path.unlink()
    path.write_bytes(text) if text else path.symlink_to(path.name)
    code, names, err = methods(harness_cli, tmp_path)
    assert (code, "theirs_good" in names, len(err.splitlines())) == (0, True, 1)
    assert err.startswith(f"warning: {path.parent}: its entry points cannot be read (")
    assert why in err
    assert err.endswith("; reinstall or remove that package; it is left out\n")


def test_libraries_that_ask_for_plugins_are_imported_beside_such_a_list(harness_cli, tmp_path):
    """torch asks as it is imported, and fails for good where the answer is an error."""
    (tmp_path / "broken-1.2.dist-info").mkdir()
    (tmp_path / "broken-1.2.dist-info" / "entry_points.txt").write_bytes(b"\xff")
    counted = ("profile", "slowfast_r50", "--no-latency", "--device", "cpu")
    code, out, err = harness_cli(*counted, PYTHONPATH=f"{ROOT}:{tmp_path}")
    assert (code, err.count("its entry points cannot be read")) == (0, 1)
    assert "slowfast_r50" in out


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (GOOD + "print('noise')", "noise\n"),
        (GOOD + "print('\\x1b[31mred \\x07\\x1b]0;title\\x07 noise\\nmore')", "red  noise\nmore\n"),
        (GOOD + "import sys; sys.stderr.writelines(['\\x1b[2J', 'noise', '\\n'])", "noise\n"),
        ("raise RuntimeError('boom \\x1b[31m \\x07 <b>')", "RuntimeError: boom   <b>; it is left out\n"),
        ("x = 1", "warning: plug-in 'theirs' of theirs 1.2 adds nothing to any registry; it is left out\n"),
    ],
)
def test_what_a_package_prints_or_raises_is_kept_from_stdout_and_the_terminal(
    harness_cli, tmp_path, source, words
):
    write_package(tmp_path, "theirs", "fusions", source)
    code, names, err = methods(harness_cli, tmp_path)
    assert (code, "average" in names, "theirs_good" in names) == (0, True, source.startswith(GOOD))
    assert err.endswith(words)
    assert "\x1b" not in err


def test_an_entry_that_names_no_module_is_said_to(harness_cli, tmp_path):
    write_package(tmp_path, "theirs", "fusions", "")
    info = tmp_path / "theirs-1.2.dist-info" / "entry_points.txt"
    info.write_text("[mbd_harness.fusions]\nzz = !!! not one [\n[mbd_harness.papers]\nyy = 1 +\n")
    code, _, err = methods(harness_cli, tmp_path)
    assert (code, len(err.splitlines())) == (0, 2)
    assert "plug-in 'zz' of theirs 1.2 cannot be loaded: '!!! not one [' is no module, nor MODULE:NAME" in err
    assert "paper 'yy' of 1 + cannot be read" in err


def test_two_entries_of_one_module_are_both_taken(harness_cli, tmp_path):
    write_package(tmp_path, "theirs", "fusions", GOOD)
    info = tmp_path / "theirs-1.2.dist-info" / "entry_points.txt"
    info.write_text("[mbd_harness.fusions]\none = theirs\ntwo = theirs\n")
    code, names, err = methods(harness_cli, tmp_path)
    assert (code, names.count("theirs_good"), err) == (0, 1, "")


def test_one_that_hangs_is_named(tmp_path):
    script = "import time\nfrom backbones.base import installed\ninstalled.SLOW_S = 0\n"
    script += "import threading\nwith installed.guarded(\"plug-in 'zz'\"):\n"
    # The thread that says so may have ended before this line, or not.
    script += " for other in set(threading.enumerate()) - {threading.main_thread()}: other.join()\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stderr == "still loading plug-in 'zz'\n"


def test_one_that_leaves_a_thread_is_named():
    end = threading.Event()
    said = pytest.warns(PluginWarning, match=r"plug-in 'zz' has started a thread \('its own'\)")
    try:
        with said, installed.guarded("plug-in 'zz'"):
            threading.Thread(target=end.wait, name="its own").start()
    finally:
        end.set()
