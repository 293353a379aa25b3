"""What lies in a run's folder and is not what a run wrote: one line, and nothing is believed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.places import ROOT

from backbones.base.errors import UserError
from harness.data.index import from_file
from harness.files import MOST_VALUES, is_bounded, parse_yaml, read_regular
from harness.record import outputs
from harness.record.events import read as read_events
from harness.record.failures import failures
from harness.record.folder import RunFolder
from results.outputs.videos import read_videos

RUN = ROOT / "tests" / "fixtures" / "schema1" / "run" / "6848278f33b7"
STEP = {"event": "train", "step": 1, "losses": {"local/ce": 1.0}}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    shutil.copytree(RUN, tmp_path / RUN.name)
    return RunFolder(tmp_path / RUN.name)


READERS: dict[str, Callable[[RunFolder], Any]] = {
    "events.jsonl": lambda run: read_events(run.events),
    "outputs-test.safetensors": lambda run: outputs.read(run.outputs),
    "videos.json": lambda run: from_file(run.videos, "test"),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("place", ["pipe", "folder", "device"])
def test_what_is_no_regular_file(name: str, place: str, run: RunFolder) -> None:
    path = run.path / name
    path.unlink()
    make = {
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "device": lambda: path.symlink_to("/dev/zero"),
    }
    make[place]()
    with pytest.raises(UserError) as caught:
        READERS[name](run)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "3",
        '{"test": 3}',
        '{"test": [3]}',
        '{"test": [{"id": 3}]}',
        '{"test": [{"id": "a", "label": "x"}]}',
        '{"test": [{"id": "a", "label": -1}]}',
    ],
)
def test_videos_of_other_types(text: str, run: RunFolder) -> None:
    run.videos.write_text(text)
    with pytest.raises(UserError, match="is not a readable list of a run's videos"):
        from_file(run.videos, "test")


@pytest.mark.parametrize(
    "line",
    [
        "3",
        "[]",
        "null",
        '{"step": 1}',
        '{"event": "train"}',
        '{"event": "train", "step": "x"}',
        '{"event": "train", "step": 1, "losses": 3}',
        '{"event": "train", "step": 1, "losses": {"local/ce": "x"}}',
        '{"event": "train", "step": 1, "losses": {"local/ce": 1e999}}',
        "[" * 100_000,
    ],
)
def test_events_up_to_the_damaged_one(line: str, run: RunFolder) -> None:
    run.events.write_text(json.dumps(STEP) + "\n" + line + "\n" + json.dumps(STEP) + "\n")
    assert read_events(run.events) == [STEP]


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "names that are numbers": lambda h: h["__metadata__"].update(ids=json.dumps(list(range(16)))),
    "reasons that are none": lambda h: h["__metadata__"].update(reasons="3"),
    "scores missing": lambda h: h.pop("local.scores"),
    "scores as one row": lambda h: h["local.scores"].update(shape=[256]),
    "scores of other classes": lambda h: h["local.scores"].update(shape=[16, 4, 4]),
    "labels as floats": lambda h: h["labels"].update(dtype="F64"),
    "hits missing": lambda h: h.pop("global.clip_hits"),
    "maps of two axes": lambda h: h["local.map"].update(shape=[16, 16]),
}


@pytest.mark.parametrize("case", CHANGES)
def test_outputs_that_do_not_belong_together(case: str, run: RunFolder) -> None:
    changed(run.outputs, CHANGES[case])
    with pytest.raises(UserError, match="cannot be read as stored outputs"):
        outputs.read(run.outputs)
    if "local.scores" in str(CHANGES[case].__code__.co_consts):
        with pytest.raises(UserError, match="cannot be read as stored outputs"):
            read_videos(run.outputs)


def test_a_label_that_no_class_has(run: RunFolder) -> None:
    stored = outputs.read(run.outputs)
    stored.labels[3] = 16
    outputs.save(run.outputs, stored)
    for reader in (outputs.read, read_videos):
        with pytest.raises(UserError, match="labels below"):
            reader(run.outputs)


def test_failures_of_strangers_are_text(tmp_path: Path) -> None:
    folder = tmp_path / "failed"
    folder.mkdir()
    config = json.loads((RUN / "config.json").read_text())
    good = {"config": config, "reason": "\x1b[31mno space", "when": "now"}
    trees = {
        "good": good,
        "a": {**good, "config": {"local": 3}},
        "b": {**good, "reason": 3},
        "c": [],
        "d": {"x": 1},
    }
    for name, tree in trees.items():
        (folder / f"{name}.json").write_text(json.dumps(tree))
    os.mkfifo(folder / "pipe.json")
    assert [each.reason for each in failures(tmp_path)] == ["no space"]


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x]"]
    return "\n".join(
        [*lines, *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, levels))]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (laughs(20), f"more than {MOST_VALUES} values"),
        ("&a [*a]", "more than"),
        ("[" * 5000, "nested too deeply"),
        ("!!python/object/apply:os.system [true]", "no YAML"),
        ("a: 1\nb: [", "no YAML in line 2: "),
        ("9" * 5000, "digits"),
    ],
)
def test_yaml_of_strangers(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_yaml(text)


def test_text_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes("name: Müller".encode("latin-1"))
    with pytest.raises(ValueError, match=r"^no UTF-8 text \(byte 7\)$"):
        read_regular(path)


def test_values_are_counted() -> None:
    assert parse_yaml("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}
    assert is_bounded([1, 2, [3]], most=5)  # two lists and three numbers
    assert not is_bounded([1, 2, [3]], most=4)
