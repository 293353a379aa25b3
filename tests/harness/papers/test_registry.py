"""Papers of installed packages: found by their entry points; a broken one is left out."""

import pytest

from backbones.base.errors import PluginWarning, UsageError
from harness.config.resolve import resolve
from harness.papers.registry import GROUP, Papers
from results.paper_check.skeleton import write


def install(folder, module):
    """A package that holds a paper's folder, as pip would leave it."""
    write(folder / module)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{module} = {module}\n")
    return folder / module


def test_a_paper_of_an_installed_package(tmp_path, monkeypatch):
    folder = install(tmp_path, "their_paper")
    monkeypatch.syspath_prepend(tmp_path)
    papers = Papers()
    assert papers.names()[:4] == ["mbd", "stddcn", "genkd", "others"]
    assert papers.get("their-paper").folder == folder
    assert papers.get("their-paper").presets == {"paper": "their-paper/paper", "tiny": "their-paper/tiny"}
    # Whoever installs it need not name it: its folder is in no command.
    assert papers.loaded() == []


def test_a_broken_one_is_left_out_with_a_warning(tmp_path, monkeypatch):
    (install(tmp_path, "broken_paper") / "paper.yaml").write_text("schema: 1\nname: broken\n")
    monkeypatch.syspath_prepend(tmp_path)
    papers = Papers()
    with pytest.warns(
        PluginWarning, match=r"'broken_paper' .*paper.yaml:1: 'title' is needed .*; it is left out"
    ):
        assert papers.names() == ["mbd", "stddcn", "genkd", "others", "mars"]


def test_an_unknown_paper_and_its_preset():
    with pytest.raises(UsageError, match=r"no paper 'mdb'; did you mean 'mbd'.*--paper DIR adds yours"):
        Papers().get("mdb")
    with pytest.raises(
        UsageError, match="unknown preset 'theirs/tiny'; --paper DIR makes the presets of a paper"
    ):
        resolve("theirs/tiny", {}, [])


def test_a_memory_lasts_until_a_paper_is_added(tmp_path):
    papers, calls = Papers(), []
    count = papers.remembered(lambda: calls.append(1) or len(calls))
    assert (count(), count()) == (1, 1)
    write(tmp_path / "ours")
    papers.load(tmp_path / "ours")
    assert count() == 2
