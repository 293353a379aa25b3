"""A record whose settings, weights or videos were changed, or that contradicts itself, is refused.

The ids of all runs that were ever committed are in tests/harness/record/test_committed_ids.py; that no honest
record is refused is seen wherever committed records are read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.made_records import made, with_its_id
from support.places import ROOT

from backbones.base.errors import UserError
from harness.record.reading import read_run_record, record_files, records_in
from harness.record.schema import RunRecord

Tree = dict[str, Any]
SHA = "a" * 64
PLUGIN = {"name": "mine", "source": "mine.py", "sha256": SHA, "adds": []}
MEASURED = ROOT / "results" / "measured" / "studies"


def good() -> Tree:
    tree: Tree = made({"average": 61.0}, "train.lr=0.02").model_dump(mode="json", by_alias=True)
    return tree


def read(tree: Tree, folder: Path) -> RunRecord:
    path = folder / tree["id"] / "record.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(tree))
    return read_run_record(path)


def put(*keys: str, value: Any) -> Callable[[Tree], None]:
    def change(tree: Tree) -> None:
        node = tree
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value

    return change


OTHER_RUN = {
    "a setting": put("config", "train", "lr", value=0.5),
    "a setting of the method": put("config", "method", "settings", value={"kl_weight": 0.1}),
    "the seed": put("config", "seed", value=7),
    "what was resolved": put("resolved", "micro_batch", value=4),
    "the videos": put("data", "fingerprint", value="others"),
    "weights": put("weights", value={"local": {"sha256": SHA}, "global": None}),
    "a plug-in": put("plugins", value=[PLUGIN]),
    "a data set that nobody knows": put("config", "data", "dataset", value="mine"),
}


@pytest.mark.parametrize("change", OTHER_RUN.values(), ids=OTHER_RUN)
def test_it_is_another_runs(change: Callable[[Tree], None], tmp_path: Path) -> None:
    tree = good()
    assert read(tree, tmp_path).id == tree["id"]
    change(tree)
    with pytest.raises(
        UserError, match=rf"is of run {tree['id']}, but .* those of run (?!{tree['id']})[0-9a-f]"
    ):
        read(tree, tmp_path)


TWICE = {
    "fusion": put("fusion", value="svm"),
    "data.dataset": put("data", "dataset", value="ucf101"),
    "data.split": put("data", "split", value="2"),
    "precision": put("precision", value="bf16"),
    "starts_from.local": put("starts_from", "local", value={"kind": "run", "name": "f" * 12}),
    "starts_from.global.sha256": put("starts_from", "global", value={"kind": "scratch", "sha256": SHA}),
}


@pytest.mark.parametrize("name", TWICE)
def test_it_contradicts_itself(name: str, tmp_path: Path) -> None:
    tree = good()
    TWICE[name](tree)
    with pytest.raises(UserError, match=rf"contradicts its own settings and weights \({name} "):
        read(tree, tmp_path)


def test_ids_of_later_rules_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="has an id of version 2, this harness knows up to 1: update the harness"
    ):
        read(good() | {"identity": 2}, tmp_path)
    with pytest.raises(UserError, match="is not a valid record: identity"):
        read(good() | {"identity": 0}, tmp_path)


def test_what_a_data_set_does_anyway_and_control_characters_are_no_change(tmp_path: Path) -> None:
    """`localglobal` flips: stating it makes no other run. Settings are shown without control characters, and
    an id is made of them with those."""
    tree = good()
    tree["config"]["data"]["flip"] = True
    assert read(tree | {"id": good()["id"]}, tmp_path).config["data"]["flip"] is True
    tree = good()
    tree["config"]["local"]["settings"] = {"x": "a\x1b[31mb"}
    assert read(with_its_id(tree), tmp_path).config["local"]["settings"] == {"x": "ab"}


@pytest.mark.parametrize("study", sorted(path.name for path in MEASURED.iterdir()))
def test_committed_records_are_what_they_were(study: str) -> None:
    found = [each for path in record_files(MEASURED / study) for each in records_in(path)]
    assert found
    assert [each for each in found if isinstance(each, str)] == []
