"""A record of the present schema is what was written; a newer one, and names of an older one, are refused."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_records import made, save, with_its_id

from backbones.base.errors import UserError
from backbones.base.plain_text import clean_tree
from harness.files import write_json
from harness.record.reading import read_record
from harness.record.schema import (
    PARTS,
    SCHEMA,
    Code,
    DamagedFrames,
    DataFacts,
    Pair,
    Record,
    Start,
    StartsFrom,
    Study,
)

counts = st.integers(0, 10**9)
names = st.text(max_size=8)
digests = st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)
starts = st.builds(
    Start, kind=st.sampled_from(["scratch", "file", "zoo", "run"]), name=st.none() | names, sha256=digests
)
damage = st.builds(
    DamagedFrames, concealed=st.dictionaries(names, counts), skipped=st.dictionaries(names, counts)
)
data = st.builds(
    DataFacts,
    **dict.fromkeys(("dataset", "split", "fingerprint"), names),
    classes=st.lists(names),
    found=st.fixed_dictionaries(dict.fromkeys(PARTS, counts)),
    expected=st.dictionaries(st.sampled_from(["train", "test"]), st.none() | counts),
    missing=st.lists(names),
    failed=st.dictionaries(st.sampled_from(PARTS), st.dictionaries(names, names)),
    damaged=st.none() | st.dictionaries(st.sampled_from(PARTS), damage),
    warnings=st.lists(names),
    content_sha256=digests,
    frames_sha256=digests,
)
METRICS = made({"adaptive": 61.0, "average": 60.0}).metrics
changes = st.fixed_dictionaries(
    {
        "data": data,
        "code": st.builds(Code, commit=digests, dirty=st.none() | st.booleans()),
        "study": st.none()
        | st.builds(Study, name=names, plan_sha256=names, arm=names, pair=counts, seed=counts),
        "starts_from": st.builds(
            StartsFrom, local=starts, glob=starts, pair=st.none() | st.builds(Pair, id=names, seed=counts)
        ),
        "validation": st.none() | st.just(METRICS),
        "determinism": st.sampled_from([None, "off", "best effort", "strict"]),
        "precision": st.sampled_from([None, "fp32", "bf16"]),
        "selection": names,
        "environment": st.dictionaries(
            names, st.none() | names | st.floats(allow_nan=False, allow_infinity=False)
        ),
    }
)


@settings(deadline=None)
@given(changes)
def test_a_record_that_is_written_and_read_is_equal(changed) -> None:
    tree = Record.model_validate(dict(made({"adaptive": 61.0})) | changed).model_dump(mode="json")
    # What a record says twice is the same in both places, and its id is that of what it says.
    tree["data"] |= {name: tree["config"]["data"][name] for name in ("dataset", "split")}
    tree["starts_from"] |= {stream: {"kind": "scratch"} for stream in ("local", "global")}
    record = Record.model_validate(with_its_id(tree | {"precision": "fp32"}))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / record.id / "record.json"
        write_json(path, record.model_dump(mode="json"))
        # Names come without control characters, whoever wrote them.
        cleaned = Record.model_validate(clean_tree(record.model_dump(mode="json")))
        assert read_record(path) == cleaned


def test_files_say_global() -> None:
    tree = made({"adaptive": 61.0}).model_dump(mode="json")
    assert set(tree["metrics"]) >= {"local", "global"}
    assert set(tree["starts_from"]) == {"local", "global", "pair"}
    assert '"glob"' not in json.dumps(tree)


@pytest.mark.parametrize("group", ["metrics", "starts_from"])
def test_the_name_of_schema_1_is_not_one_of_schema_2(group, tmp_path) -> None:
    tree = made({"adaptive": 61.0}).model_dump(mode="json")
    tree[group]["glob"] = tree[group].pop("global")
    (tmp_path / "record.json").write_text(json.dumps(tree))
    with pytest.raises(UserError, match=rf"{group}\.glob: there is no such field"):
        read_record(tmp_path / "record.json")


@pytest.mark.parametrize("version", [SCHEMA + 1, 99, 10**30])
def test_a_newer_schema_is_refused_in_one_line(version, tmp_path) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"schema_version": version, "whatever": {}}))
    with pytest.raises(UserError) as caught:
        read_record(path)
    said = f"{path} has schema {version}, this harness reads up to 2: update the harness"
    assert str(caught.value) == said


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_data_is_counted(part, tmp_path) -> None:
    tree = made({"adaptive": 61.0}).model_dump(mode="json")
    del tree["data"]["found"][part]
    (tmp_path / "record.json").write_text(json.dumps(tree))
    with pytest.raises(UserError, match=rf"data\.found: expected a number for every part, {part} not given"):
        read_record(tmp_path / "record.json")


def test_a_new_release_and_a_new_schema_are_compared_with_the_records_before_them() -> None:
    from harness.campaign.plan import current
    from results.records import protocol_id

    record = made({"adaptive": 61.0})
    later = record.model_copy(update={"harness_version": "7.0.0", "schema_version": 9})
    assert current(later)
    assert protocol_id(later) == protocol_id(record)
    other = record.model_copy(update={"identity": 2})
    assert not current(other)
    assert protocol_id(other) != protocol_id(record)


def test_a_setting_that_came_later_splits_no_protocol() -> None:
    from results.records import protocol_id

    record = made({"adaptive": 61.0})
    older = {name: value for name, value in record.config.items() if name != "compile"}
    assert protocol_id(record.model_copy(update={"config": older})) == protocol_id(record)
    compiled = record.model_copy(update={"config": {**record.config, "compile": True}})
    assert protocol_id(compiled) != protocol_id(record)


def test_what_a_run_can_tell_now_is_filled(whole) -> None:
    record = whole.record()
    assert (record.schema_version, record.identity, record.precision) == (2, 1, "fp32")
    assert (record.starts_from.local.kind, record.starts_from.glob.kind) == ("scratch", "scratch")
    assert {"pyav", "ffmpeg", "opencv", "numpy"} <= set(record.environment)
    assert record.data.found == {"train": 16, "validation": 0, "holdout": 0, "test": 16}
    dominance = record.metrics.dominance
    assert list(dominance.local_per_class) == record.data.classes
    assert sum(share.correct for share in dominance.local_per_class.values()) == dominance.local.correct
    assert sum(share.of for share in dominance.local_per_class.values()) == dominance.local.of
    assert json.loads(whole.failed_videos.read_text()) == {"train": {}, "test": {}}
    assert whole.failed_videos.name == "failed_videos.json"


def test_made_records_are_kept_as_runs_keep_theirs(tmp_path) -> None:
    record = made({"adaptive": 61.0})
    save([record], tmp_path)
    assert read_record(tmp_path / record.id / "record.json") == record


def test_control_characters_of_a_record_are_not_read(tmp_path: Path) -> None:
    tree = made({"adaptive": 61.0}).model_dump(mode="json")
    tree["data"]["classes"] = ["\x1b[31mrun\x1b[0m", "walk\u202e\x07"]
    path = tmp_path / tree["id"] / "record.json"
    write_json(path, tree)
    assert read_record(path).data.classes == ["run", "walk"]
