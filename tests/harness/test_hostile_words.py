"""What can be typed: each of these ended in an error without a message of its own. Now one line each."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.places import refused

from backbones.base.errors import UsageError
from harness.cli.main import main, shortened
from harness.config.resolve import resolve
from harness.training.streams.build import build_stream

LETTERS = "abcdefghijkl"
LAUGHS = "".join(f", &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(LETTERS)).join(
    ["[&a [x, x, x, x, x, x, x, x, x]", "]"]
)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("families=x", "unknown setting 'families'"),
        ("data.root=2", "localglobal has no setting 'root'"),
        ("data.workers=2", "localglobal has no setting 'workers'"),
        ('local.weights="a\\0b"', "expected a finite number (a whole one"),
        (f"method.temperature={LAUGHS}", "expected a finite number (a whole one"),
        ("local.flow.algorithm=" + "x" * 10_000, "local.flow.algorithm: got"),
        ("local.layers=[/]", "--data-root"),  # no fault of the text: it gets as far as the missing data
        ("local.layers='[bold'", "--data-root"),
    ],
)
def test_settings(pair: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--dataset", "ucf101") if said == "--data-root" else ()
    line = refused(capsys, "run", "--method", "mbd", "--dry-run", "--from-scratch", "--set", pair, *data)
    assert said in line
    assert len(line.strip().splitlines()) == 1
    assert len(line) < 1500


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "a", "b", "--pairs", "1" * 5000),
        ("show", "x\0y"),
        ("show", "a", "--out", "x\0y"),
        ("show", "x" * 5000),
        ("runs", "--out", "x" * 300),
        ("study", "plan", "y/" * 3000),
    ],
)
def test_words_of_no_sense(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    said = capsys.readouterr().err
    assert ended.value.code in (1, 2)
    assert len(said.strip().splitlines()) == 1
    assert len(said) < 1500
    assert "an unexpected error" not in said


def test_a_line_is_no_longer_than_is_read() -> None:
    assert shortened("unknown run 'abc'") == "unknown run 'abc'"
    assert shortened("got " + "x" * 5000 + " here") == "got " + "x" * 60 + "… here"
    assert 1200 <= len(shortened("word " * 2000)) < 1220


READING = ("runs", "show", "table", "claims", "compare", "export", "diff", "figure", "study", "fuse", "list")
OPTIONS = ("--out", "--runs", "--json", "--seeds", "--margin", "--format", "--set", "--", "--nowhere")
VALUES = ("mbd", "fusion", "records", "plan", "status", "methods", "x=1", "1" * 400, "-1", "nan")
TEXT = st.text(max_size=12).filter(lambda text: "/" not in text and ".." not in text)
WORDS = st.one_of(st.sampled_from(OPTIONS), st.sampled_from(VALUES), TEXT)


@given(name=st.sampled_from(READING), words=st.lists(WORDS, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_after_a_command(
    name: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Done, or one line. Figures, tables and studies find no runs here."""
    monkeypatch.chdir(tmp_path)
    out, said = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", said)
    with pytest.raises(SystemExit) as ended:
        main([name, *words])
    assert ended.value.code in (0, 1, 2), said.getvalue()
    assert "an unexpected error" not in said.getvalue()
    assert "Traceback" not in said.getvalue()


@pytest.mark.parametrize("name", ["size", "classes", "name"])
def test_what_the_program_gives_a_backbone_is_no_setting(name: str) -> None:
    config = resolve("tiny", {"method": {"name": "mbd"}}, [f"local.settings.{name}=3"])
    with pytest.raises(UsageError, match=f"has no setting '{name}' of its own"):
        build_stream(config.local, 5)


@pytest.mark.parametrize("words", [["compare", "mbd", "two_stream"], ["claims", "mbd"]])
def test_a_folder_of_any_name_that_is_left_out_is_one_line(words, tmp_path, capsys):
    folder = tmp_path / "a\nb"
    folder.mkdir()
    with pytest.raises(SystemExit):
        main([*words, "--runs", str(folder)])
    left_out = [line for line in capsys.readouterr().err.splitlines() if "no records of runs" in line]
    assert [line.startswith("left out: '") and f"{tmp_path}/a" in line for line in left_out] == [True]
