"""With an index and without it: the same records, and the same lines on those that cannot be used."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from support.made_records import made

from backbones.base.errors import UserError
from harness.record.index import database, reading
from harness.record.index.reading import Settings, all_records
from harness.record.reading import record_files, records_in
from harness.record.schema import Record, RunRecord

GOOD = {record.id: record for record in (made({"average": 61.0, "adaptive": 63.0}, seed=n) for n in range(3))}
NAMES = sorted(GOOD)
FOREIGN = "f" * 12


def text(name, number=0, **changed):
    """The run's record as its machine of that number wrote it. FOREIGN: in another run's place."""
    record = GOOD.get(name, GOOD[NAMES[0]]).model_copy(update={"environment": {"n": number}})
    return json.dumps(record.model_dump(mode="json") | {"id": name} | changed) + "\n"


def contents(name):
    """Of a record's file: good ones of one size, another size, not tested, and what cannot be used."""
    good = [text(name, number) for number in (3, 4)]
    assert len(good[0]) == len(good[1])
    bad = ["{", "", text(FOREIGN), text(name, schema_version=99), text(name, finished=3), text(name, x=1)]
    return [*good, text(name, 10), text(name, metrics=None), *bad]


FILES = {f"{name}/record.json": contents(name) for name in NAMES}
LINES = [text(name, number) for name in NAMES for number in (3, 4)]
FILES["pair-000.jsonl"] = ["".join(LINES[:2]), "".join(LINES[1:3]), LINES[0] + "{\n", ""]
FILES["pair-001.jsonl"] = ["".join(LINES[2:])]


def plain(value):
    """Plain types, field by field as they are asked for, with their types."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if hasattr(value, "items"):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else (type(value), value)


def told(found):
    return [(path, each if isinstance(each, str) else plain(each)) for path, each in found]


def without_index(folder):
    return told((path, found) for path in record_files(folder) for found in records_in(path))


def index(tmp_path):
    return Settings(tmp_path / "cache" / "records.sqlite", few=0, settled_ns=0)


def write(path, content):
    """Its time of change differs from before, as that of every later change does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.stat().st_ctime_ns if path.exists() else 0
    path.write_text(content)
    while path.stat().st_ctime_ns == before:  # a tick of the kernel's clock, a few milliseconds
        path.write_text(content)


def keep_the_time(path, content):
    found = path.stat()
    write(path, content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def carry_out(step, folder):
    kind, name, number = step
    path = folder / name
    content = FILES[name][number % len(FILES[name])]
    if kind == "write":
        write(path, content)
    elif kind == "same time" and path.exists():
        keep_the_time(path, content)
    elif kind == "touch" and path.exists():
        os.utime(path)
    elif kind == "delete":
        path.unlink(missing_ok=True)
    elif kind == "rename" and path.exists():
        other = folder / list(FILES)[number % len(NAMES)]
        other.parent.mkdir(exist_ok=True)
        path.replace(other)


STEP = st.tuples(
    st.sampled_from(["write", "write", "same time", "touch", "delete", "rename"]),
    st.sampled_from(list(FILES)),
    st.integers(0, 99),
)


@given(steps=st.lists(st.tuples(STEP, st.booleans()), min_size=1, max_size=9))
@settings(max_examples=20, deadline=None)
def test_whatever_happens_to_files_the_index_says_what_they_say(steps, tmp_path_factory):
    place = tmp_path_factory.mktemp("any")
    folder, how = place / "runs", index(place)
    folder.mkdir()
    for name, choices in FILES.items():
        write(folder / name, choices[0])
    for step, read in steps:
        carry_out(step, folder)
        if read:
            assert told(all_records([folder], how)) == without_index(folder)
    assert told(all_records([folder], how)) == without_index(folder)


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "runs"
    for name, choices in FILES.items():
        write(folder / name, choices[0])
    return folder


def read_nothing(monkeypatch):
    def refuse(path):
        raise AssertionError(f"{path} is read")

    monkeypatch.setattr(reading, "records_in", refuse)


def test_what_is_known_is_not_read_again(runs, tmp_path, monkeypatch):
    expected = without_index(runs)
    all_records([runs], index(tmp_path))
    read_nothing(monkeypatch)
    assert told(all_records([runs], index(tmp_path))) == expected
    monkeypatch.chdir(tmp_path)
    found = all_records([Path("runs")], index(tmp_path))  # by another name
    assert [path for path, _ in found] == [path.relative_to(tmp_path) for path, _ in expected]


def iterated(value):
    """Plain types, by what each model gives that is iterated over, as a table of records does it."""
    if isinstance(value, BaseModel):
        return {name: iterated(each) for name, each in value}
    if hasattr(value, "items"):
        return {key: iterated(each) for key, each in value.items()}
    return [iterated(each) for each in value] if isinstance(value, list) else value


def test_fields_are_iterated_over_as_those_of_a_record(runs, tmp_path):
    """A table of exported records had the places of numbers in the index instead of the numbers."""
    all_records([runs], index(tmp_path))
    known = [each for _, each in all_records([runs], index(tmp_path)) if not isinstance(each, str)]
    files = [each for path in record_files(runs) for each in records_in(path) if not isinstance(each, str)]
    assert [iterated(each) for each in known] == [iterated(each) for each in files]


def test_a_few_files_need_no_index(runs, tmp_path):
    all_records([runs], Settings(tmp_path / "records.sqlite", few=5))
    assert not (tmp_path / "records.sqlite").exists()


def test_a_file_that_was_written_a_moment_ago_is_not_kept(runs, tmp_path):
    how = Settings(tmp_path / "records.sqlite", few=0, settled_ns=10**12)
    assert told(all_records([runs], how)) == without_index(runs)
    assert not how.place.exists()


def a_foreign_one(place):
    with sqlite3.connect(place) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()


def an_older_one(place):
    with sqlite3.connect(place) as older:
        older.execute("UPDATE about SET version = 'older'")
    older.close()


def cut_off(place):
    place.write_bytes(place.read_bytes()[:5000])


def no_database(place):
    place.write_bytes(b"\\x00" * 100)


def other_numbers(place):
    with sqlite3.connect(place) as other:
        other.execute("UPDATE runs SET metrics = zeroblob(length(metrics))")
    other.close()


def a_folder(place):
    place.unlink()
    place.mkdir()


def nothing_there(place):
    place.unlink()


HARMS = [a_foreign_one, an_older_one, cut_off, no_database, other_numbers, a_folder, nothing_there]


@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_index_is_done_without_and_made_again(harm, runs, tmp_path, monkeypatch):
    how, expected = index(tmp_path), without_index(runs)
    all_records([runs], how)
    if harm is a_foreign_one:
        how.place.unlink()
    harm(how.place)
    assert told(all_records([runs], how)) == expected
    assert told(all_records([runs], how)) == expected
    if harm is not a_folder:
        read_nothing(monkeypatch)
        assert told(all_records([runs], how)) == expected


def test_texts_that_are_damaged_are_read_from_the_record(runs, tmp_path):
    how, expected = index(tmp_path), without_index(runs)
    all_records([runs], how)
    with sqlite3.connect(how.place) as damaged:
        damaged.execute("UPDATE texts SET text = '{' WHERE number % 2 = 0")
        damaged.execute("DELETE FROM texts WHERE number % 3 = 0")
    damaged.close()
    assert told(all_records([runs], how)) == expected
    assert not how.place.exists()  # the next command makes it again


def test_a_cache_that_cannot_be_written_is_done_without(runs, tmp_path):
    (tmp_path / "cache").write_text("a file in its place")
    assert told(all_records([runs], index(tmp_path))) == without_index(runs)


def test_an_open_index_is_not_changed_by_the_next_writer(runs, tmp_path):
    all_records([runs], index(tmp_path))
    before, expected = all_records([runs], index(tmp_path)), without_index(runs)
    for name in NAMES:
        write(runs / name / "record.json", FILES[f"{name}/record.json"][2])
    all_records([runs], index(tmp_path))
    assert [each.environment["n"] for _, each in before] == numbers(expected)


def numbers(found):
    return [each["environment"]["n"][1] for _, each in found]


def test_folders_do_not_take_each_others_places(runs, tmp_path, monkeypatch):
    other = tmp_path / "other"
    write(other / "0/record.json".replace("0", NAMES[0]), FILES[f"{NAMES[0]}/record.json"][2])
    how = index(tmp_path)
    expected = without_index(runs) + without_index(other)
    all_records([runs, other], how)
    read_nothing(monkeypatch)
    assert told(all_records([runs, other], how)) == expected
    names = {name for folder in (runs, other) for name in database.kept_in(how.place, str(folder))}
    assert names == set(FILES)


def test_a_record_from_the_index_is_a_record(runs, tmp_path):
    all_records([runs], index(tmp_path))
    (path, lazy), *_ = all_records([runs], index(tmp_path))
    (full,) = records_in(path)
    assert isinstance(full, RunRecord)
    assert isinstance(lazy, Record)
    assert lazy.model_dump_json() == full.model_dump_json()
    assert lazy.metrics.model_dump() == full.metrics.model_dump()
    changed = lazy.model_copy(update={"fusion": "average"})
    assert (changed.fusion, lazy.fusion) == ("average", full.fusion)
    assert changed.model_dump() == full.model_dump() | {"fusion": "average"}
    with pytest.raises(AttributeError):
        _ = lazy.no_such_field


def test_measures_by_class_are_read_from_the_file(runs, tmp_path):
    all_records([runs], index(tmp_path))
    (path, lazy), *_ = all_records([runs], index(tmp_path))
    (full,) = records_in(path)
    path.unlink()
    assert lazy.metrics.local.top1 == full.metrics.local.top1
    with pytest.raises(UserError, match="is not a readable record"):
        _ = lazy.metrics.local.per_class
