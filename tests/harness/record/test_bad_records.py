"""One bad record is a line, and the others are shown: whatever lies in a record's place, or stands in it."""

import json
import os
import socket

import pytest
from click.testing import CliRunner
from support.made_records import made, save

from harness.cli.main import cli
from harness.files import parse_json, read_regular
from harness.record.reading import records_in

GOOD = made({"adaptive": 61.0})
TREE = GOOD.model_dump(mode="json")
BAD = "0" * 12


def with_value(*keys, value):
    tree = json.loads(json.dumps(TREE | {"id": BAD}))
    node = tree
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    return json.dumps(tree)


TEXTS = {
    "deep": "[" * 100_000,
    "deep field": with_value("config", "fusion", value="@").replace('"@"', "[" * 90_000 + "]" * 90_000),
    "local": '{"local": 3}',
    "configuration": with_value("config", value={"local": 3}),
    "infinity": with_value("metrics", "local", "top1", "low", value=float("inf")),
    "nan": with_value("timings", "train_s", value=float("nan")),
    "exponent": with_value("timings", "train_s", value="@").replace('"@"', "1e999"),
    "digits": with_value("timings", "steps", value="@").replace('"@"', "9" * 5000),
    "large": with_value("timings", "train_s", value=10**400),
    "one stream": with_value("labels", value={"local": "x"}),
    "videos not counted": with_value(
        "data", value={**TREE["data"], "found": {}, "failed": {"test": {"a": "cut off"}}}
    ),
    "list": "[]",
    "number": "3",
    "null": "null",
    "empty": "",
    "version": with_value("schema_version", value="x"),
    "other id": json.dumps(TREE),
    "path": with_value("id", value="../../outside"),
    "long id": with_value("id", value=BAD + "\n"),
    "a key twice": json.dumps(TREE | {"id": BAD}).replace('"seed": 0', '"seed": 7, "seed": 0', 1),
    "truth for a count": with_value("metrics", "local", "top1", "correct", value=True),
    "top-1 above top-5": with_value("metrics", "local", "top5", "correct", value=1),
    "classes with fewer right": with_value("metrics", "global", "per_class", "a", "correct", value=1),
    "not text": b"\xff\xfe",
}


def put(folder, text):
    folder.mkdir()
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "record.json").write_bytes(data)


def pipe(folder):
    folder.mkdir()
    os.mkfifo(folder / "record.json")


def directory(folder):
    (folder / "record.json").mkdir(parents=True)


def device(folder):
    folder.mkdir()
    (folder / "record.json").symlink_to("/dev/zero")


def loop(folder):
    folder.mkdir()
    (folder / "record.json").symlink_to("record.json")


def listening(folder):
    folder.mkdir()
    socket.socket(socket.AF_UNIX).bind(os.path.relpath(folder / "record.json"))


def call(*words):
    shown = CliRunner().invoke(cli, list(map(str, words)), env={"COLUMNS": "200"})
    assert shown.exception is None or isinstance(shown.exception, SystemExit), shown.exception
    return shown.output


@pytest.mark.parametrize(
    "place",
    [*(pytest.param(text, id=name) for name, text in TEXTS.items()), pipe, directory, device, listening],
)
def test_the_others_are_shown(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = save([GOOD], tmp_path / "runs")
    place(runs / BAD) if callable(place) else put(runs / BAD, place)
    (line,) = records_in(runs / BAD / "record.json")
    assert isinstance(line, str)
    assert line.count("\n") == 0
    assert len(line) < 500
    shown, said = call("runs", "--out", runs), " ".join(line.split())
    assert f"not usable: {line}" in shown or "config.json cannot be read" in shown
    assert [each for each in shown.splitlines() if each.strip().startswith(GOOD.id) and "61.0" in each]
    table = call("table", "fusion", "--runs", runs)
    assert "61.0" in table
    assert f"left out: {said}" in " ".join(table.split())


def test_a_link_to_itself_is_no_run(tmp_path):
    runs = save([GOOD], tmp_path / "runs")
    loop(runs / BAD)
    assert "61.0" in call("runs", "--out", runs)


@pytest.mark.parametrize("text", ['{"local": 3}', "[]", "3", "[" * 100_000, '{"method": {"name": []}}', ""])
def test_a_configuration_of_another_kind_is_a_row(text, tmp_path):
    runs = save([GOOD], tmp_path / "runs")
    (runs / BAD).mkdir()
    (runs / BAD / "config.json").write_text(text)
    rows = {row["run"]: row for row in json.loads(call("runs", "--out", runs, "--json"))}
    assert rows[BAD]["state"] == "config.json cannot be read"
    assert rows[GOOD.id]["fused_top1"] == 61.0


def test_numbers_and_files_of_a_sensible_size(tmp_path):
    assert parse_json('{"a": [1e308, -0.5, 7]}') == {"a": [1e308, -0.5, 7]}
    for text in ("NaN", "[Infinity]", "-Infinity", "1e309", "-1e400"):
        with pytest.raises(ValueError, match=r"no number of JSON|too large"):
            parse_json(text)
    path = tmp_path / "large"
    path.write_text("x" * 11)
    assert read_regular(path, most=11) == "x" * 11
    with pytest.raises(ValueError, match="11 bytes, more than 10"):
        read_regular(path, most=10)
