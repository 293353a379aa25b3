"""Names that may be the same video, and what goes on knowingly."""

from __future__ import annotations

import json

import pytest
from leaks.attacks import LEAKED, OTHERS
from leaks.place import Place
from safetensors.torch import save_file

from backbones import build
from backbones.base.streams import PerStream
from backbones.weights.loading import load_weights
from harness.config.resolve import resolve
from harness.export.formats import METADATA
from harness.record.identity import hashed_settings
from harness.training.streams.seen import _suffix, say_foreign


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("jump/a.mp4", "a.mp4", True),
        ("a.mp4", "videos/jump/a.mp4", True),
        ("jump/a.mp4", "jump/a.mp4", True),
        ("jump/a.mp4", "run/a.mp4", False),
        ("ba.mp4", "a.mp4", False),
        ("xjump/a.mp4", "jump/a.mp4", False),
    ],
)
def test_names_that_differ_by_folders_at_the_beginning(one: str, other: str, same: bool) -> None:
    assert _suffix(one, other) == _suffix(other, one) == same


def test_the_setting_is_no_part_of_the_id() -> None:
    given = {"method": {"name": "mbd"}}
    settings = [hashed_settings(resolve("tiny", given, pairs)) for pairs in ([], ["data.leaks=warn"])]
    assert settings[0] == settings[1]


@pytest.mark.usefixtures("no_costs")
def test_going_on_knowingly_stands_in_the_record_and_in_what_is_handed_down(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = Place.make(tmp_path / "place")
    weights = (place.run / "checkpoint.pt").rename(tmp_path / "weights.pt")
    lists = place.lists(OTHERS, LEAKED)
    said = place.start(lists, f"local.weights={weights}", "data.leaks=warn", "test.part=none", dry=False)
    (run,) = (path.parent for path in place.folder.glob("runs/*/record.json") if path.parent != place.run)
    assert said.startswith(f"warning: --weights-local: {weights} is the checkpoint of a run")
    record = json.loads((run / "record.json").read_text())
    assert [f"warning: {line}" for line in record["data"]["warnings"]] == [said]
    assert json.loads((run / "trained.json").read_text())["?"] == [str(weights)]
    assert len(record["data"]["content_sha256"]) == 64


def test_an_exported_file_is_a_runs(tmp_path) -> None:
    """What the export writes in the metadata beside the tensors; without it, the file is nobody's."""
    network = build("r2plus1d18", classes=3, frames=4, size=32, width=0.125)
    paths = [tmp_path / "exported.safetensors", tmp_path / "nobodys.safetensors"]
    for path, metadata in zip(paths, ({METADATA: '{"run": "086674611c98"}'}, None), strict=True):
        save_file(network.state_dict(), path, metadata)
    local, glob = (load_weights(network, path) for path in paths)
    (line,) = say_foreign(PerStream(local, glob)).values()
    assert line.startswith(f"--weights-local: {paths[0]} was exported from run 086674611c98")
    assert "give the run's folder" in line
