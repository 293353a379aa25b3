"""A sealed record is refused once anything in it was changed; how its file writes it down does not matter."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_records import made

from backbones.base.errors import UserError
from harness.record.consistency.seal import is_broken, sealed
from harness.record.reading import read_run_record

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_by_hand() -> None:
    text = '{"a":1,"b":[0.5,"\\u00e4"]}'
    assert sealed({"b": [0.5, "ä"], "a": 1})["seal"] == hashlib.sha256(text.encode()).hexdigest()


@settings(deadline=None)
@given(tree=st.dictionaries(st.text(max_size=5), VALUES, max_size=5), value=VALUES)
def test_any_content_written_in_any_way(tree: dict[str, Any], value: Any) -> None:
    tree.pop("seal", None)
    whole = sealed(tree)
    for text in (json.dumps(whole), json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True)):
        assert not is_broken(json.loads(text))
    changed = whole | {"x": value}
    same = "x" in tree and json.dumps(tree["x"]) == json.dumps(value)
    assert is_broken(changed) is not same
    assert not is_broken(tree)  # of an earlier version


@pytest.mark.parametrize(
    "keys", [("metrics", "local", "top1", "correct"), ("timings", "train_s"), ("finished",)]
)
def test_a_record_that_was_changed_is_refused(keys: tuple[str, ...], tmp_path: Any) -> None:
    tree = sealed(made({"average": 60.0}).model_dump(mode="json"))
    path = tmp_path / tree["id"] / "record.json"
    path.parent.mkdir()
    path.write_text(json.dumps(tree))
    assert read_run_record(path).seal == tree["seal"]
    node = tree
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = "2026-02-02T00:00:00+00:00" if keys == ("finished",) else node[keys[-1]] - 1
    path.write_text(json.dumps(tree))
    with pytest.raises(UserError, match=r"was changed after it was written|is not a valid record"):
        read_run_record(path)
