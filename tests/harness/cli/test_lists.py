"""`harness list` with a pattern."""

import json
import re

import pytest
from click.testing import CliRunner
from support.places import ROOT
from support.plugin_files import EXAMPLES, loaded, taken_out

from harness.cli.main import cli


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("swin3d_*", ["swin3d_t", "swin3d_s", "swin3d_b"]),
        ("r2plus1d_*", ["r2plus1d18_tv", "r2plus1d50_ptv"]),  # by the libraries' names
        ("mc3_18", ["mc3_18"]),
    ],
)
def test_a_pattern_keeps_names_that_match(pattern, names):
    done = CliRunner().invoke(cli, ["list", "backbones", pattern, "--json"])
    assert [row["name"] for row in json.loads(done.output)] == names


def test_a_pattern_that_matches_nothing_is_one_line():
    done = CliRunner().invoke(cli, ["list", "backbones", "swin4d"])
    assert done.exit_code == 2
    assert "no backbones match 'swin4d'; did you mean 'swin3d_" in done.output


def test_a_papers_name_keeps_its_own_rows_and_no_others():
    """Counted in the papers' folders, as text."""
    for kind, file in (("ambiguities", "open-questions.yaml"), ("deviations", "deviations.yaml")):
        for paper in ("mbd", "mars"):
            text = (ROOT / "results" / "papers" / paper / file).read_text(encoding="utf-8")
            done = CliRunner().invoke(cli, ["list", kind, paper, "--json"])
            rows = json.loads(done.output)
            assert {row["paper"] for row in rows} == {paper}
            assert len(rows) == len(re.findall(r"^- name:", text, re.MULTILINE)), (kind, paper)


def test_settings_of_a_plugins_method_are_listed_as_those_of_built_in_ones():
    words = ["list", "methods", "my_one*", "--plugin", str(EXAMPLES / "one_way.py")]
    with taken_out():
        (row,) = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)
        shown = CliRunner().invoke(cli, words).output
    assert row["settings"] == {"temperature": "2.0"}
    assert "my_one_way, settings (--set method.NAME=VALUE): temperature=2.0" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("settings", "listed"),
    [
        (
            "make_dataclass('S', [('sizes', list, field(default_factory=lambda: [1, 2]))])",
            {"sizes": "[1, 2]"},
        ),
        ("make_dataclass('S', [('needed', int)])", {"needed": ""}),
        ("make_dataclass('S', [('kind', object, Path('a'))])", {"kind": '"a"'}),
        ("int", {}),
    ],
)
@pytest.mark.filterwarnings("ignore:the settings of method 'my_.*' cannot be read")
def test_settings_of_a_plugin_may_be_any_objects(tmp_path, settings, listed):
    name = f"my_{len(settings)}"  # defaults are remembered by the name
    text = (EXAMPLES / "one_way.py").read_text().replace("Settings = Settings", f"Settings = {settings}")
    head = "from dataclasses import field, make_dataclass\nfrom pathlib import Path\n"
    (tmp_path / "odd.py").write_text(head + text.replace("my_one_way", name))
    with loaded(tmp_path / "odd.py"):
        done = CliRunner().invoke(cli, ["list", "methods", name, "--json"])
    (row,) = json.loads(done.output)
    assert row["settings"] == listed
