"""Plug-ins and papers are given to the Python functions as to the commands."""

import shutil
import subprocess
import sys

import pytest
from support.places import ROOT
from support.plugin_files import EXAMPLES, loaded, taken_out

import harness
from harness.api.sources import said

IMPORTED = """
import sys
sys.path.insert(0, sys.argv[1])
import one_way, harness
try:
    harness.load(sys.argv[2], device="cpu")
except harness.UserError as error:
    print(error)
"""


@pytest.fixture
def own_run(tiny_run, no_costs):
    with loaded(EXAMPLES / "one_way.py"):
        return tiny_run("method.name=my_one_way")


def test_what_is_raised_is_there_to_be_caught():
    from backbones.base.errors import UsageError, UserError

    assert (harness.UserError, harness.UsageError) == (UserError, UsageError)


def test_a_run_of_a_plugin_is_loaded_made_and_read_with_it(own_run, tmp_path, clips_root, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    file, out = EXAMPLES / "one_way.py", own_run.path.parent
    with pytest.raises(harness.UsageError, match=r'not known here: give plugin="one_way.py"$'):
        harness.load(own_run.path, device="cpu")
    with taken_out():
        assert harness.load(own_run.path, device="cpu", plugin=[file]).record.id == own_run.id
        assert len(harness.predictions(own_run.path, plugin=str(file))) > 0
        assert list(harness.records(out, plugin=file)["run"]) == [own_run.id]
        assert harness.run(config=own_run.config, out=out, device="cpu", plugin=file).id == own_run.id
    edited = tmp_path / "one_way.py"
    edited.write_text(file.read_text() + "\n")
    with taken_out(), pytest.raises(harness.UserError, match=r'another version: give plugin="one_way.py"'):
        harness.load(own_run.path, device="cpu", plugin=edited)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, str(EXAMPLES), str(own_run.path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 'by an import or by hand; give plugin="one_way.py" instead' in done.stdout
    assert "another version" not in done.stdout


def test_a_file_that_was_edited_since_it_was_executed_is_refused(tmp_path):
    file = tmp_path / "one_way.py"
    shutil.copy(EXAMPLES / "one_way.py", file)
    with taken_out():
        with pytest.raises(harness.UsageError, match="no option 'nothing'"):
            harness.run(plugin=file, nothing=1)
        file.write_text(file.read_text() + "\n")
        with pytest.raises(harness.UserError, match="was edited since this process executed it"):
            harness.run(plugin=file, nothing=1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"plugin": "gone.py"}, r'^plugin="gone.py": no such Python file'),
        ({"plugin": 3}, "^plugin: expected a path or a list of paths, got 3"),
        ({"plugin": [3]}, "^plugin: expected a path, got 3"),
        ({"paper": "gone"}, "gone"),
    ],
)
def test_what_cannot_be_loaded_is_one_line(given, words, tmp_path):
    for call in (harness.run, harness.records):
        with pytest.raises(harness.UsageError, match=words):
            call(**given)
    for call in (harness.load, harness.predictions, harness.study):
        with pytest.raises(harness.UsageError, match=words):
            call(tmp_path, **given)


def test_a_command_for_the_shell_stays_one():
    assert said("'harness run --plugin a.py' does; or --paper DIR") == (
        "'harness run --plugin a.py' does; or paper=\"DIR\""
    )
