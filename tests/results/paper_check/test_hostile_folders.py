"""Nothing in a paper's folder but its plug-in can execute code, and its files are its own."""

import os
from pathlib import Path

import pytest
from support.paper_folder import folder  # noqa: F401

from results.paper_check.check import checked

LINKED = ("paper.yaml", "claims.csv", "tables.yaml", "preset-tiny.yaml", "study.yaml")
CODE = "!!python/object/apply:os.system [exit 9]"
TAGGED = {
    "paper.yaml": ("title: A title", "title: {}\nx: A title"),
    "tables.yaml": ("title: The temperature", "title: {}"),
    "figures.yaml": ("title: Top-1 over", "title: {} #"),
    "deviations.yaml": ("value: 60", "value: {}"),
    "open-questions.yaml": ("default: '1.0'", "default: {}"),
    "preset.yaml": ("lr: 0.01", "lr: {}"),
    "preset-tiny.yaml": ("base: tiny", "base: {}"),
}


@pytest.mark.parametrize("file", TAGGED)
def test_no_file_of_data_executes_anything(file, folder):  # noqa: F811
    old, new = TAGGED[file]
    folder.change(file, old, new.format(CODE))
    (line,) = checked(folder.path).problems
    assert line.startswith(f"{folder.path / file}:{folder.row(file, '!!python')}: no plain YAML: ")


def test_no_other_file_of_code_is_executed(folder):  # noqa: F811
    for name in ("conftest.py", "__init__.py", "sitecustomize.py", "method.py"):
        folder.add(name, "raise SystemExit('executed')\n")
    assert checked(folder.path).problems == []  # `plugin:` names none


@pytest.mark.parametrize(
    "file", ["paper.yaml", "claims.csv", "tables.yaml", "preset-tiny.yaml", "study.yaml"]
)
def test_a_file_of_data_is_not_another_folders(file, folder, tmp_path):  # noqa: F811
    here, there = folder.path / file, tmp_path / "elsewhere"
    there.write_text(here.read_text(encoding="utf-8") if here.exists() else "", encoding="utf-8")
    here.unlink(missing_ok=True)
    here.symlink_to(there)
    (line,) = checked(folder.path).problems
    assert line == f"{here}: a link that leads out of the folder; put the file itself there"


def test_a_link_out_of_the_folder(folder, tmp_path):  # noqa: F811
    (tmp_path / "other.py").write_text("raise SystemExit('executed')\n")
    (folder.path / "method.py").symlink_to(tmp_path / "other.py")
    folder.change("paper.yaml", "# plugin:", "plugin:")
    (line,) = checked(folder.path).problems
    assert "a link that leads out of the folder" in line
    assert "executed" not in line


def test_a_plugin_that_fails(folder):  # noqa: F811
    folder.change("paper.yaml", "# plugin:", "plugin:").add("method.py", "first = 1\nsecond = third\n")
    (line,) = checked(folder.path).problems
    assert f"plug-in {folder.path / 'method.py'} cannot be loaded: NameError" in line
    assert "(line 2)" in line


def _pipe(path):
    os.mkfifo(path)


def _loop(path):
    path.symlink_to(path.name)


def _nothing(path):
    path.symlink_to("is-not-there")


KINDS = {
    "a named pipe": _pipe,
    "a link that leads to itself": _loop,
    "a link to a place where nothing is": _nothing,
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", LINKED)
def test_what_is_no_file_is_said_to_be_what_it_is(file, kind, folder):  # noqa: F811
    path = folder.path / file
    path.unlink(missing_ok=True)
    KINDS[kind](path)
    assert checked(folder.path).problems == [f"{path}: it is {kind}; expected a file"]


def test_a_plugin_that_is_a_pipe_is_not_waited_for(folder):  # noqa: F811
    _pipe(folder.path / "method.py")
    folder.change("paper.yaml", "# plugin:", "plugin:")
    (line,) = checked(folder.path).problems
    assert line.endswith("plugin: 'method.py' is a named pipe; expected a file")


def test_a_folder_that_is_none(tmp_path):
    _loop(tmp_path / "loop")
    _pipe(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    said = {"loop": "a link that leads to itself", "pipe": "a named pipe", "file": "a file"}
    for name, kind in said.items():
        (line,) = checked(tmp_path / name).problems
        assert line == f"--paper {tmp_path / name}: it is {kind}; expected the folder of a paper"
    assert "a device" in checked("/dev/null").problems[0]
    assert "File name too long" in checked("x" * 5000 + "/y").problems[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 1\n", "'method.name' is needed; 'base: tiny' would take from a preset what is not said here"),
        ("method: {name: mutual}\n", "'local.backbone' is needed"),
        ("base: tiny\nlocal: 5\n", "local: expected a mapping of settings"),
        (
            "base: tiny\npretraining: null\n",
            "pretraining: expected a mapping of settings; a base's recipe is",
        ),
        ("base: tiny\ntrain:\n", "train: expected a mapping of settings"),
        ("base: tiny\nfamilies: [1]\n", "families: expected a mapping of settings"),
        ("base: tiny\nmethod: {name: 7}\n", "method.name: expected a name, as text"),
        ("base: tiny\ndata: {dataset: {a: 1}}\n", "data.dataset: expected a name, as text"),
    ],
)
def test_a_preset_that_is_none(text, said, folder):  # noqa: F811
    """Of a folder's own presets: these were KeyErrors and TypeErrors."""
    (folder.path / "preset-tiny.yaml").write_text(text)
    (line,) = checked(folder.path).problems
    assert line.startswith(f"{folder.path / 'preset-tiny.yaml'}:")
    assert said in line


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("both:\n    train:\n      epochz: 3\n", "6: unknown setting 'pretraining.both.train.epochz'; "
         "did you mean 'pretraining.both.train.epochs'?"),
        ("local:\n    train:\n      epochs: -3\n", "6: pretraining.local.train.epochs: got -3; expected"),
        ("bth:\n    train: {}\n", "4: unknown setting 'pretraining.bth'; did you mean 'pretraining.both'?"),
        ("both:\n    train: 3\n", "5: pretraining.both.train: got 3; expected settings by name"),
    ],
)  # fmt: skip
def test_a_recipe_that_no_run_can_start_from(part, said, folder):  # noqa: F811
    """It was only a note that tables are not planned whole, beside "no problem"."""
    file = folder.path / "preset-tiny.yaml"
    file.write_text(f"base: tiny\nmethod: {{name: mutual}}\npretraining:\n  {part}")
    (line,) = checked(folder.path).problems
    assert line.startswith(f"{file}:{said}")
