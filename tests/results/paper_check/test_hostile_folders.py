"""Nothing in a paper's folder but its plug-in can execute code, and its files are its own."""

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
