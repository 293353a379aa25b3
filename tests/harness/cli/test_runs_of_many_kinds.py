"""Runs that differ in much are one table: their presets, and what each sets besides."""

import pytest
from support.made_records import made, save

from harness.cli.main import main
from harness.cli.runs import BESIDES


@pytest.fixture
def listed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "220")

    def show(*records):
        save(list(records), tmp_path / "runs")
        with pytest.raises(SystemExit) as stopped:
            main(["runs", "--out", str(tmp_path / "runs")])
        assert stopped.value.code == 0
        return capsys.readouterr().out

    return show


def run(*pairs, preset="tiny", **more):
    return made({"average": 60.0, "adaptive": 61.0}, *pairs, preset=preset, **more)


def test_presets_and_what_is_set_besides(listed):
    slow = run("train.lr=0.02", "method.temperature=4", "method.fusion=max")
    text = listed(run(), slow, run(preset="finetune", dataset="folder", split="1", method="two_stream"))
    (head,) = [line for line in text.splitlines() if line.split()[:1] == ["run"]]  # one table
    assert head.rstrip().endswith("n")
    assert BESIDES in head
    lines = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    said = {word for word in lines[slow.id].split() if "=" in word}
    assert said == {"method.fusion=max", "train.lr=0.02", "method.temperature=4.0"}
    assert "local.short_side" not in text


def test_a_few_settings_are_columns_of_their_own(listed):
    text = listed(run(), run("train.lr=0.02"))
    assert "train.lr" in text
    assert BESIDES not in text


def test_on_a_narrow_terminal_settings_go_on_in_further_lines(listed, monkeypatch):
    """Each is whole on its line: 44 of 80 characters are left for them."""
    monkeypatch.setenv("COLUMNS", "80")
    given = ("train.lr=0.02", "method.temperature=4", "train.warmup_steps=3", "global.short_side=[40, 44]")
    many = run(*given, "method.fusion=max")
    text = listed(run(), many, run(preset="finetune", dataset="folder", split="1", method="two_stream"))
    assert text.count("(continued)") == 2
    lines = [line.strip() for line in text.splitlines()]
    assert any("global.short_side=[40, 44]" in line for line in lines)
    (first,) = [line for line in lines if line.startswith(many.id) and "=" in line]
    assert first.split()[1:3] == ["method.fusion=max", "method.temperature=4.0"]
