"""Lists as other projects write them, and the odd ones that people have: each video keeps its label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.lists import make, read

RUN, WALK = ("run", "walk")
# Two classes of eight videos each, as a list of (path, class number).
VIDEOS = [(f"{label}/v{n}.mp4", number) for number, label in enumerate((RUN, WALK)) for n in range(8)]
SPACED = [(f"my {label}/v {n}.mp4", number) for number, label in enumerate((RUN, WALK)) for n in range(8)]
FRAMES = [(f"{label}/v{n}", number) for number, label in enumerate((RUN, WALK)) for n in range(8)]
TWO_WORDS = ("playing guitar", "riding a horse")


def lines(form: str, videos: list[tuple[str, int]] = VIDEOS, **more: Any) -> str:
    """A line for each video; `{n}` counts the rows, `{c}` the frames."""
    return "".join(
        form.format(path=path, label=label, name=(RUN, WALK)[label], two=TWO_WORDS[label], n=n, c=40 + 13 * n)
        + "\n"
        for n, (path, label) in enumerate(videos)
    )


NUMBERED = {path: str(label) for path, label in VIDEOS}
NAMED = {path: (RUN, WALK)[label] for path, label in VIDEOS}
WORDS = {path: TWO_WORDS[label] for path, label in VIDEOS}

# name: (text of the list, its videos, what each must be)
LAYOUTS: dict[str, tuple[str, list[tuple[str, int]], dict[str, str]]] = {
    "mmaction2, SlowFast, pytorchvideo and VideoMAE videos": (lines("{path} {label}"), VIDEOS, NUMBERED),
    "SlowFast, commas as separator": (lines("{path},{label}"), VIDEOS, NUMBERED),
    "VideoMAE with two blanks": (lines("{path}  {label}"), VIDEOS, NUMBERED),
    "pytorchvideo, blanks in names": (
        lines("{path} {label}", SPACED), SPACED, {path: str(label) for path, label in SPACED},
    ),
    "mmaction2 raw frames": (
        lines("{path} {c} {label}", FRAMES), FRAMES, {path: str(label) for path, label in FRAMES},
    ),
    "mmaction2 raw frames with offsets": (
        lines("{path} 0 {c} {label}", FRAMES), FRAMES, {path: str(label) for path, label in FRAMES},
    ),
    "VideoMAE V2 raw frames with blanks in names": (
        lines("{path} {c} {label}", [(f"my {p}", label) for p, label in FRAMES]),
        [(f"my {p}", label) for p, label in FRAMES],
        {f"my {path}": str(label) for path, label in FRAMES},
    ),
    "frame counts, commas": (lines("{path},{c},{label}"), VIDEOS, NUMBERED),
    "frame counts and names": (lines("{path} {c} {name}"), VIDEOS, NAMED),
    "header of frames": ("frame_dir total_frames label\n" + lines("{path} {c} {label}"), VIDEOS, NUMBERED),
    "labels of two words": (lines("{path} {two}"), VIDEOS, WORDS),
    "labels of two words after counts": (lines("{path} {c} {two}"), VIDEOS, WORDS),
    "labels of two words, header": ("path label\n" + lines("{path} {two}"), VIDEOS, WORDS),
    "labels of two words and split": (
        "".join(line + (" test\n" if n % 8 > 5 else " train\n")
                for n, line in enumerate(lines("{path} {two}").splitlines())), VIDEOS, WORDS,
    ),
    "blanks in names, as many in each": (lines("{path},{label}", SPACED), SPACED, {
        path: str(label) for path, label in SPACED}),
    "blanks in names alone": (lines("{path}", SPACED), SPACED, {
        path: path.split("/")[0] for path, _ in SPACED}),
    "quoted names": (lines('"{path}" {label}', SPACED), SPACED, {
        path: str(label) for path, label in SPACED}),
    "commas in names": (lines("{path} {label}", [(f"a, b/{p}", n) for p, n in VIDEOS]),
                        [(f"a, b/{p}", n) for p, n in VIDEOS],
                        {f"a, b/{p}": str(n) for p, n in VIDEOS}),
    "commas in quoted names": (lines('"{path}",{label}', [(f"a, b/{p}", n) for p, n in VIDEOS]),
                               [(f"a, b/{p}", n) for p, n in VIDEOS],
                               {f"a, b/{p}": str(n) for p, n in VIDEOS}),
    "names that begin with #": (lines("{path} {label}", [(f"#{p}", n) for p, n in VIDEOS]),
                                [(f"#{p}", n) for p, n in VIDEOS],
                                {f"#{p}": str(n) for p, n in VIDEOS}),
    "comments": ("# path label\n#\n" + lines("{path} {label}"), VIDEOS, NUMBERED),
    "rows as comments": ("#run/v3.mp4 1\n" + lines("{path} {label}"), VIDEOS, NUMBERED),
    "unknown header": ("recording;what\n" + lines("{path};{name}"), VIDEOS, NAMED),
    "unknown header, blanks": ("recording what\n" + lines("{path} {label}"), VIDEOS, NUMBERED),
    "unknown header of names alone": ("recording\n" + lines("{path}"), VIDEOS, NAMED),
    "index before": (lines("{n},{path},{name}"), VIDEOS, NAMED),
    "index before, blanks": (lines("{n} {path} {label}"), VIDEOS, NUMBERED),
    "index of pandas": (",path,label\n" + lines("{n},{path},{label}"), VIDEOS, NUMBERED),
    "index between": (lines("{path}\t{n}\t{name}"), VIDEOS, NAMED),
    "label before": (lines("{label},{path}"), VIDEOS, NUMBERED),
    "label before, blanks": (lines("{name} {path}"), VIDEOS, NAMED),
    "label before, header": ("label path\n" + lines("{name} {path}"), VIDEOS, NAMED),
    "number and name of the class": (lines("{path},{label},{two}"), VIDEOS, WORDS),
    "number and name, header": ("video,class_id,class_name\n" + lines("{path},{label},{two}"), VIDEOS, WORDS),
    "number and name, blanks": (lines("{path} {label} {two}"), VIDEOS, WORDS),
    "empty last column": ("path,label,\n" + lines("{path},{name},"), VIDEOS, NAMED),
    "Windows and old Mac line ends": (lines("{path} {label}").replace("\n", "\r"), VIDEOS, NUMBERED),
    "pipes": (lines("{path}|{name}"), VIDEOS, NAMED),
    "folders tell label from group": (lines("{path} {name} g{n}"), VIDEOS, NAMED),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYOUTS)
def test_every_layout_is_read_right(tmp_path: Path, case: str) -> None:
    text, videos, expected = LAYOUTS[case]
    make(tmp_path, [path if "." in path else f"{path}/img_00001.jpg" for path, _ in videos])
    found, index = read(tmp_path, text)
    assert found == expected
    assert len(index.layout) == 3  # the list, its first rows, its classes


def test_what_was_taken_for_what_is_said(tmp_path: Path) -> None:
    make(tmp_path, [path for path, _ in VIDEOS])
    _, index = read(tmp_path, "# made by hand\n" + lines("{n},{path},{c},{name}"))
    assert index.layout == (
        f"list {tmp_path / 'list.csv'}: 16 rows of (counts the rows), path, (numbers 40 to 235), label, "
        "separated by comma; no header; 1 comment lines",
        "  such as 'run/v0.mp4' is 'run', 'walk/v0.mp4' is 'walk'",
        "2 classes, the labels in the order of the alphabet: run, walk",
    )


def test_columns_delimiter_and_header_said_outright(tmp_path: Path) -> None:
    """A list that could be two things is whichever is said."""
    make(tmp_path, [path for path, _ in VIDEOS])
    text = lines("{path} {label} {n}").replace(" 15\n", " 14\n")
    found, _ = read(tmp_path, text, columns="path,label,-")
    assert found == NUMBERED
    found, _ = read(tmp_path, lines("{path} a {label}"), columns="path,label")
    assert set(found.values()) == {"a 0", "a 1"}
    found, _ = read(tmp_path, lines("{path} {label} x"), columns=["path", "label", "-"])
    assert found == NUMBERED
    found, _ = read(tmp_path, lines("{path}:{name}"), delimiter=":")
    assert found == NAMED
    found, _ = read(tmp_path, lines("{name};{path}"), delimiter="semicolon", columns="label,path")
    assert found == NAMED


def test_lists_of_frames_are_known_by_their_counts(tmp_path: Path) -> None:
    """Numbers from 1 on, as classes have, but as many as there are frames."""
    names = [f"{label}/v{n}" for label in (RUN, WALK) for n in range(8)]
    frames = {name: 1 + n % 3 for n, name in enumerate(names)}
    make(tmp_path, [f"{name}/img_{k:05}.jpg" for name, count in frames.items() for k in range(1, count + 4)])
    text = "".join(f"{name} {count + 3} {n // 8}\n" for n, (name, count) in enumerate(frames.items()))
    found, _ = read(tmp_path, text)
    assert found == {name: str(n // 8) for n, name in enumerate(names)}
