"""Figures of a tiny run agree with its record; of several runs, which one is taken."""

import json

import numpy as np
import pytest
import torch
from support.figures import by_gid, run_source
from support.made_records import with_its_id
from support.plugin_files import EXAMPLES, loaded

from backbones.base.errors import UserError
from methods.fusion.adaptive import Adaptive
from methods.fusion.contract import Outputs, StreamOutputs
from methods.parts.dominance import dominance as by_torch
from results.figures import catalogue
from results.figures.dominance import dominance, kinds, weighted
from results.figures.model import Source, fills
from results.figures.parts.runs import command
from results.records import Loaded, load_records
from results.tables.model import Cell


def test_dominance_and_its_fusion_by_numpy_are_those_of_the_methods():
    scores = torch.rand(2, 50, 7, generator=torch.Generator().manual_seed(0)).softmax(-1)
    local, glob = (each.double() for each in scores)
    np.testing.assert_allclose(dominance(local.numpy()), by_torch(local).numpy())
    blank = torch.empty(50, 0)
    outputs = Outputs(*(StreamOutputs(each, each, blank, None) for each in (local, glob)))
    np.testing.assert_allclose(
        weighted(local.numpy(), glob.numpy()), Adaptive().predict_proba(outputs).numpy()
    )


def test_kinds_by_hand():
    right = np.array([True, False, True, False]), np.array([True, False, False, True])
    assert kinds(*right) == ["both right", "both wrong", "local right", "global right"]


def test_the_command_of_a_missing_run_gives_its_plugin(monkeypatch):
    """A method that names its own networks takes no other one."""
    monkeypatch.chdir(EXAMPLES)
    with loaded(EXAMPLES / "one_way.py"):
        said = command(Source(Loaded((), ())), "my_one_way")
        assert said == "harness run --method my_one_way --backbone r2plus1d50 --plugin one_way.py"
        empty = [Cell("", footnote=f"harness run {number}") for number in range(4)]
        assert fills(empty, "methods")[-1] == (
            "harness table methods --run --plugin one_way.py   (plans all 4)"
        )
    assert command(Source(Loaded((), ())), "two_stream_i3d") == "harness run --method two_stream_i3d"


def test_figures_of_a_run_agree_with_its_record(whole):
    """The record's numbers were counted by the run itself, with torch; the figures read what it stored."""
    record = whole.record()
    found = run_source(whole)
    points = catalogue.sheet("dominance", found).data["points"]
    counted = [each["kind"] for each in points]
    assert counted.count("both right") + counted.count("local right") == record.metrics.local.top1.correct
    assert counted.count("both right") + counted.count("global right") == record.metrics.glob.top1.correct
    assert np.mean([each["m_local"] for each in points]) == pytest.approx(
        record.metrics.dominance.mean_local, 1e-4
    )
    assert (
        sum(each["m_local"] > each["m_global"] for each in points) == record.metrics.dominance.local.correct
    )

    counts = catalogue.sheet("confusion", found).data["counts"]
    assert np.trace(counts["local"]) == record.metrics.local.top1.correct
    assert np.trace(counts["fused"]) == record.metrics.fusion[record.fusion].top1.correct
    per_class = [share.of for share in record.metrics.local.per_class.values()]
    assert np.sum(counts["global"], axis=1).tolist() == per_class

    events = [json.loads(line) for line in whole.events.read_text().splitlines()]
    expected = [event["losses"]["local/ce"] for event in events if event["event"] == "train"]
    with catalogue.drawn(catalogue.sheet("curves", found)) as figure:
        assert by_gid(figure, "ce-local").get_ydata() == pytest.approx(expected)


def test_figures_of_videos_take_the_runs_whose_outputs_were_kept(whole, tmp_path):
    """The same record kept alone elsewhere, and another seed's record alone, do not hide them."""
    tree = json.loads(whole.record_path.read_text())
    earlier = with_its_id({**tree, "config": {**tree["config"], "seed": 99}})
    for each in (tree, earlier):
        (tmp_path / "kept" / each["id"]).mkdir(parents=True)
        (tmp_path / "kept" / each["id"] / "record.json").write_text(json.dumps(each))
    places = (tmp_path / "kept", whole.path.parent)
    found = Source(load_records(places), places)
    assert catalogue.sheet("dominance", found).data["run"] == whole.id
    counts = catalogue.sheet("confusion", found).data["counts"]
    # All test videos, also of the family that headline numbers leave out.
    assert np.sum(counts["fused"]) == whole.record().data.found["test"] > whole.record().metrics.local.top1.of


def test_a_setting_whose_outputs_were_kept_is_shown_before_one_of_more_seeds(whole, tmp_path):
    tree = json.loads(whole.record_path.read_text())
    for seed in (5, 6):
        config = {**tree["config"], "seed": seed, "train": {**tree["config"]["train"], "epochs": 9}}
        each = with_its_id({**tree, "config": config})
        (tmp_path / each["id"]).mkdir()
        (tmp_path / each["id"] / "record.json").write_text(json.dumps(each))
    places = (tmp_path, whole.path.parent)
    found = Source(load_records(places), places)
    assert catalogue.sheet("dominance", found).data["run"] == whole.id
    assert whole.id in catalogue.sheet("confusion", found).notes[0]
    assert catalogue.sheet("curves", found).data["runs"][0]["run"] == whole.id


def test_only_the_runs_that_kept_their_events_are_credited_with_curves(whole, tmp_path):
    tree = json.loads(whole.record_path.read_text())
    other = with_its_id({**tree, "config": {**tree["config"], "seed": 7}})
    (tmp_path / other["id"]).mkdir()
    (tmp_path / other["id"] / "record.json").write_text(json.dumps(other))
    places = (tmp_path, whole.path.parent)
    assert other["id"] not in catalogue.sheet("curves", Source(load_records(places), places)).notes[0]


def test_damaged_outputs_are_one_line(whole):
    whole.outputs.write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be read as stored outputs"):
        catalogue.sheet("dominance", run_source(whole))
