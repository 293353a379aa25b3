"""A user's file and installed packages add entries; what is broken is one line and breaks nothing else."""

import hashlib
import os
import subprocess
import sys

import pytest
from support.places import ROOT
from support.plugin_files import EXAMPLES, loaded, write_package

from backbones.base.errors import PluginWarning, UsageError, UserError
from backbones.base.plugins import PLUGINS
from backbones.base.registry import Registry, load
from methods.catalogue import METHODS

ONE = """
from methods.registry import FUSIONS, METHODS, FusionEntry, MethodEntry
import methods.fusion.average
FUSIONS.add(FusionEntry("theirs", "methods.fusion.average:Average", "", "", False))
"""


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A registry that has looked for no installed plug-in yet, and packages in a folder on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return Registry("method", "methods")


def entry(name):
    return f"import backbones_registry_under_test as t\nclass E: name = {name!r}\nt.R.add(E)\n"


def offer(monkeypatch, registry):
    """Lets a package's module find the registry under test."""
    module = type(sys)("backbones_registry_under_test")
    module.R = registry
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_file_adds_its_entry_and_is_said_to():
    path = EXAMPLES / "one_way.py"
    with loaded(path) as plugin:
        assert METHODS.origin("my_one_way") is plugin
        assert METHODS.origin("mbd") is None
        assert plugin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert load(METHODS.get("my_one_way").target).__name__ == "OneWay"
        assert PLUGINS.load_file(path) is plugin  # named twice, executed once
    assert "my_one_way" not in METHODS


def test_the_harness_s_own_entries_are_never_taken_for_a_plugin_s(tmp_path):
    """Also where the file is what first imports the registries."""
    (tmp_path / "first.py").write_text(ONE)
    script = "from backbones.base.plugins import PLUGINS; from pathlib import Path; import sys\n"
    script += "print([name for _, name in PLUGINS.load_file(Path(sys.argv[1])).added])"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, str(tmp_path / "first.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "['theirs']", done.stderr


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1\nimport no_such_module", "ModuleNotFoundError: No module named 'no_such_module' (line 2)"),
        ("x = (", "SyntaxError: '(' was never closed (bad.py, line 1)"),
        ("x = 1", "adds nothing; expected"),
        (ONE + "\n\nraise ValueError('no\\nmore')", "ValueError: no (line 7)"),
        (ONE.replace("theirs", "average"), "two fusions are called 'average'; choose another name"),
        (ONE + "\n\nimport sys\nsys.exit(3)", "SystemExit: 3 (line 8)"),
        ("class E(BaseException): ...\nraise E('odd')", "E: odd (line 2)"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_line_and_leaves_nothing(tmp_path, source, words):
    from methods.fusion.catalogue import FUSIONS

    (tmp_path / "bad.py").write_text(source)
    before = list(FUSIONS._entries)
    with pytest.raises(UserError) as raised:
        PLUGINS.load_file(tmp_path / "bad.py")
    assert words in str(raised.value)
    assert "bad.py" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list(FUSIONS._entries) == before


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path):
    (tmp_path / "text.txt").write_text("")
    for name in ("nothing.py", "text.txt", "."):
        with pytest.raises(UsageError, match=r"no such Python file|it is a folder"):
            PLUGINS.load_file(tmp_path / name)
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(UsageError, match=r"pipe.py: it is a named pipe; expected the path of a .py file"):
        PLUGINS.load_file(tmp_path / "pipe.py")


def test_two_files_of_one_name_are_told_apart(tmp_path):
    (tmp_path / "one_way.py").write_text(ONE)
    with loaded(EXAMPLES / "one_way.py"), pytest.raises(UsageError, match="has the same name; rename"):
        PLUGINS.load_file(tmp_path / "one_way.py")


def test_no_cache_is_written_beside_the_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(ONE)
    with loaded(path):
        assert [file.name for file in tmp_path.iterdir()] == ["mine.py"]


def test_an_installed_plugin_is_imported_when_its_name_is_asked_for(fresh, monkeypatch, tmp_path, recwarn):
    offer(monkeypatch, fresh)
    write_package(tmp_path, "their_method", "methods", entry("their_method"))
    write_package(tmp_path, "their_broken", "methods", "raise ImportError('libfoo.so is missing')")

    class Own:
        name = "own"

    fresh.add(Own)
    assert fresh.get("own") is Own
    assert "their_method" not in sys.modules
    assert fresh.get("their_method").name == "their_method"
    assert "their_broken" not in sys.modules
    origin = fresh.origin("their_method")
    assert origin.source == "their_method 1.2"
    assert origin.sha256 == hashlib.sha256((tmp_path / "their_method.py").read_bytes()).hexdigest()
    assert list(recwarn) == []
    with pytest.warns(PluginWarning) as warned:
        assert fresh.discover().names() == ["own", "their_method"]
    assert [str(each.message) for each in warned] == [
        "plug-in 'their_broken' of their_broken 1.2 cannot be loaded: "
        "ImportError: libfoo.so is missing; it is left out"
    ]
    assert fresh.discover().names() == ["own", "their_method"]
    assert list(recwarn) == []  # warned once
    with pytest.raises(UserError, match=r"'their_broken' of .* libfoo.so is missing$"):
        fresh.get("their_broken")


def test_looking_at_a_registry_imports_no_plugin(fresh, monkeypatch, tmp_path):
    offer(monkeypatch, fresh)
    write_package(tmp_path, "their_unused", "methods", entry("their_unused"))
    assert "their_unused" not in fresh
    assert (list(fresh), fresh.names()) == ([], [])
    assert "their_unused" not in sys.modules
    assert fresh.find("no_such_method") is None  # but all plug-ins were imported to look for it
    assert "their_unused" in fresh


def test_a_plugin_that_fails_half_way_leaves_nothing(fresh, monkeypatch, tmp_path):
    offer(monkeypatch, fresh)
    write_package(tmp_path, "half", "methods", entry("first") + "1 / 0")
    with pytest.warns(PluginWarning, match="ZeroDivisionError"):
        fresh.discover()
    assert fresh.discover().names() == []


def test_a_broken_package_breaks_no_command(harness_cli, tmp_path):
    write_package(tmp_path, "their_broken", "methods", "raise ImportError('libfoo.so is missing')")
    code, out, err = harness_cli("list", "methods", "--json", PYTHONPATH=f"{ROOT}:{tmp_path}")
    assert (code, '"mbd"' in out) == (0, True)
    assert len(err.splitlines()) == 1
    assert "'their_broken' of their_broken 1.2 cannot be loaded" in err
    code, _, err = harness_cli("run", "--method", "their_broken", PYTHONPATH=f"{ROOT}:{tmp_path}")
    assert (code, len(err.splitlines())) == (1, 1)
    assert err.startswith("error: plug-in 'their_broken'")


@pytest.fixture
def comes_along(monkeypatch, tmp_path):
    """A file that comes with the harness and adds the fusion rule `theirs`."""
    from methods.fusion.catalogue import FUSIONS

    FUSIONS.discover()
    path = tmp_path / "along.py"
    path.write_text(ONE)
    monkeypatch.setattr(PLUGINS, "built_in", [lambda: [(path, "paper/along.py")]])
    yield path
    for name, (_, plugin) in list(PLUGINS._files.items()):
        if plugin.source == "paper/along.py":
            PLUGINS.unload_file(PLUGINS._files[name][1])


def test_a_file_that_comes_with_the_harness_is_executed_where_a_name_is_not_known(comes_along):
    from methods.fusion.catalogue import FUSIONS

    before = list(PLUGINS.files)
    assert FUSIONS.find("average")
    assert "theirs" not in FUSIONS
    assert FUSIONS.find("theirs")
    plugin = FUSIONS.origin("theirs")
    assert plugin.identity == hashlib.sha256(comes_along.read_bytes()).hexdigest()
    assert PLUGINS.files == before, "no command and no child process has to name it"


def test_a_users_file_with_a_name_that_the_harness_has_is_at_fault_itself(comes_along, tmp_path):
    (tmp_path / "mine.py").write_text(ONE)
    with pytest.raises(UserError, match=r"mine.py cannot be loaded: .*two fusions are called 'theirs'"):
        PLUGINS.load_file(tmp_path / "mine.py")
