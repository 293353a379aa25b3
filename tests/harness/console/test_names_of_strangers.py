"""Names of strangers on the terminal: no markup, no control characters, and the text as it stands."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from support.made_records import made

from harness.cli.main import cli
from harness.config.resolve import resolve
from harness.console.columns import show
from harness.console.console import RunConsole
from harness.console.summary import show_run
from harness.record.schema import Record

NAMES = ["[red]x[/]", "[/]", "[bold", ":smile:", "a[link=http://x]b"]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_run_says(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    RunConsole(json=False).say(f"class {name}\x1b[31m is\na name")
    assert capsys.readouterr().out == f"class {name} is\na name\n"


@pytest.mark.parametrize("name", NAMES)
def test_settings_of_any_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    config = resolve("tiny", {"method": {"name": "mbd"}}, ["local.weights=" + json.dumps(name)])
    RunConsole(json=False).config(config)
    assert name in "".join(capsys.readouterr().out.split("\n"))


@pytest.mark.parametrize("name", NAMES)
def test_tables_of_any_text(name: str) -> None:
    console = Console(file=io.StringIO(), width=200)
    show(console, f"title {name}", ["", f"head {name}"], [[f"row {name}", name]])
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(text in shown for text in (f"title {name}", f"head {name}", f"row {name}"))


@pytest.mark.parametrize("name", NAMES)
def test_a_record_with_names_of_any_kind(name: str) -> None:
    tree = made({"average": 61.0, "adaptive": 62.0}).model_dump()
    tree["labels"] = {"local": name, "global": name}
    tree["data"]["failed"]["test"] = {name: "cut off"}
    tree["data"]["found"]["test"] = 3
    console = Console(file=io.StringIO(), width=200)
    show_run(console, Record.model_validate(tree))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"local: {name}" in shown
    assert f"{name} (cut off)" in shown


def test_a_family_that_only_one_output_has_is_a_dash() -> None:
    tree = made({"average": 61.0, "adaptive": 62.0}).model_dump()
    for scores in (tree["metrics"]["local"], *tree["metrics"]["fusion"].values()):
        scores["per_family"] = {"odd": scores["top1"]}
    console = Console(file=io.StringIO(), width=200)
    show_run(console, Record.model_validate(tree))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    begin = next(place for place, line in enumerate(lines) if "by family of classes" in line)
    row = next(line for line in lines[begin:] if line.strip().startswith("global:"))
    assert row.split()[-1] == "–"


def test_a_run_that_is_not_finished(tmp_path: Path) -> None:
    """Its settings, and why it failed, come from files that nothing has checked."""
    hostile = "\x1b[31mred\x1b]0;title\x07\x00"
    config = resolve("tiny", {"method": {"name": "mbd"}}, ()).plain()
    config["preset"] = config["data"]["split"] = hostile
    (tmp_path / "0123456789ab").mkdir()
    (tmp_path / "0123456789ab" / "config.json").write_text(json.dumps(config))
    (tmp_path / "0123456789ab" / "broken.json").write_text(json.dumps({"why": f"no {hostile} here"}))
    for more in ([], ["--json"]):
        done = CliRunner().invoke(cli, ["runs", "--out", str(tmp_path), *more])
        assert "red" in done.output
        assert not {each for each in done.output if unicodedata.category(each) == "Cc"} - {"\n"}
