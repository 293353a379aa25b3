"""Lists that can be read in two ways, or in none, are refused in one line that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.lists import make, read

from backbones.base.errors import UsageError, UserError

NAMES = [f"{label}/v{n}.mp4" for label in ("run", "walk") for n in range(8)]


def lines(form: str) -> str:
    return "".join(
        form.format(path=p, a=n % 2, b=n % 4, c=40 + 13 * n, n=n) + "\n" for n, p in enumerate(NAMES)
    )


def part(*words: str, form: str = "{path},{label},{word}") -> str:
    """Of each video the word of its part, one after the other."""
    rows = [(p, p.partition("/")[0], words[n % len(words)], n) for n, p in enumerate(NAMES)]
    return "".join(form.format(path=p, label=label, word=word, n=n) + "\n" for p, label, word, n in rows)


# name: (text, settings, what is said)
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "two columns like classes": (
        lines("{path} {a} {b}"), {}, "'0' .column 2. and '0' .column 3. may each be the label"),
    "several labels a video": (lines("{path},{a},{b}"), {}, "may each be the label"),
    "two words or two columns": (lines("{path} x{a} y{b}"), {}, "'x0 y0' is one label of 2 words, or"),
    "counts of frames alone": (
        "".join(f"{p[:-4]}{k}.mp4 {40 + 13 * n + k}\n" for n, p in enumerate(NAMES) for k in (0, 5)),
        {}, "may be labels or counts of frames"),
    "VideoMAE's lists to pre-train on": (lines("{path} 0 -1"), {}, "may each be the label"),
    "a number may be part of the name": (
        "".join(f"{n % 3} x/{n}.mp4 {n % 2}\n" for n in range(9)), {}, "a name with a blank, or a number"),
    "comment or name": ("#gone.mp4 1\n" + lines("{path} {a}"), {}, "line 1 may be a comment or a video"),
    "no column of videos": (
        "label,youtube_id,time_start\n" + lines("walking,x{n},{a}"), {}, "no column names videos"),
    "two columns of videos": (
        lines("{path},{path},{a}"), {}, "of one row may each be its video"),
    "a header that swaps columns": (
        "label,video\n" + lines("{path},x{a}"), {},
        "the header calls column 2 'video', with 'x0', but column 1"),
    "two labels": ("path,label,action\n" + lines("{path},x{a},y{b}"), {}, "label, action may each be"),
    "a cell too many": (lines("{path},{a}") + "a,b.mp4,1\n", {}, "line 17 has 3 columns, most have 2"),
    "a quote left open": (lines("{path},{a}") + '"run/v1.mp4,1\nrun/v2.mp4,0\n', {}, "line 17 has a quote"),
    "a header of another width": (
        "path label group\n" + lines("{path} {a}"), {}, "line 2 does not have 3 columns"),
    "other than data.columns": (lines("{path},{a}"), {"columns": "path,-,label"}, "names 3 columns"),
    "numbers and names": (lines("{path},{a}").replace(",0", ",zero"), {}, "some labels are numbers, others"),
    "spellings": (lines("{path},{a}").replace("3.mp4,1", "3.mp4,01"), {}, "one number in two spellings"),
    "label of a billion": (lines("{path},{a}") + "run/v8.mp4,1000000000\n", {}, "label 1000000000 is no"),
    "label of 5,000 digits": (lines("{path},{a}") + f"run/v8.mp4,{'9' * 5000}\n", {}, "is no class name"),
    "another word for a part": (part("train", "dev", "test"), {}, "column 3 may .*'dev', 'test', 'train'"),
    "a fourth part": (part("train", "val", "test", "holdout"), {}, "column 3 may say which part"),
    "rows of no part": (part("train", ""), {}, "column 3 may say which part a row is in .'', 'train'"),
    "numbered parts": (part("train", "Test1"), {}, "column 3 may say which part"),
    "marks of parts": (part("1", "0"), {}, "column 3 may say which part a row is in .'0', '1'"),
    "parts under a name of one's own": (
        "path,label,phase\n" + part("train", "dev"), {}, "column 3 may say which part"),
    "parts and no labels": (part("train", "test", form="x{n}.mp4,{word}"), {}, "column 2 may say"),
    "numbers with decimals": (lines("{path},{a}.0"), {}, "numbers with decimals: 0.0, 1.0; expected"),
    "no text": ("run/v1.mp4\0,1\n", {}, "zero bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_ambiguous_is_refused(tmp_path: Path, case: str) -> None:
    text, settings, said = REFUSED[case]
    make(tmp_path, NAMES)
    with pytest.raises(UserError, match=said) as caught:
        read(tmp_path, text, **settings)
    assert "\n" not in str(caught.value)


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown column": ({"columns": "path,lable"}, "data.columns has 'lable'; did you mean 'label'"),
    "no path": ({"columns": "label"}, "data.columns is 'label'; expected"),
    "twice": ({"columns": "path,path"}, "each once"),
    "no names": ({"columns": 3}, "data.columns is"),
    "delimiter": ({"delimiter": "comm"}, "data.delimiter is 'comm'; expected tab, comma"),
    "delimiter of a number": ({"delimiter": 12}, "data.delimiter is '12'"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings_that_say_nothing(tmp_path: Path, case: str) -> None:
    settings, said = SETTINGS[case]
    make(tmp_path, NAMES)
    with pytest.raises(UsageError, match=said):
        read(tmp_path, lines("{path},{a}"), **settings)


def test_pipes_and_devices_are_no_lists(tmp_path: Path) -> None:
    import os

    from harness.data.lists.text import read_text

    os.mkfifo(tmp_path / "list.csv")
    with pytest.raises(UserError, match="not a regular file"):
        read_text(tmp_path / "list.csv")


def test_words_of_parts_among_many_people_are_groups(tmp_path: Path) -> None:
    """A column of names, one of which is Val; and parts alone beside folders that are labels."""
    make(tmp_path, NAMES)
    people = ("Ann", "Val", "Bea", "Cem", "Dan", "Eve", "Fay", "Gus", "Hal")
    found = read(tmp_path, part(*people))[1]
    assert {video.group for video in (*found.train, *found.test)} == set(people)
    parts = read(tmp_path, part("train", "test", form="{path},{word}"))[1]
    assert [len(parts.train), len(parts.test), parts.classes] == [8, 8, ("run", "walk")]


def test_labels_that_look_the_same_are_warned_about(tmp_path: Path) -> None:
    """One é is a letter of Unicode, the other an e with an accent after it, as macOS writes it."""
    make(tmp_path, NAMES)
    spelt = ("caf\u00e9", "cafe\u0301")
    text = "".join(f"{p},{spelt[n % 2]}\n" for n, p in enumerate(NAMES))
    (said,) = [line for line in read(tmp_path, text)[1].warnings if "forms of Unicode" in line]
    assert said.endswith("are they one class?")
