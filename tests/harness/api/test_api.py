"""`from harness import load, predictions, records, run, study`: what they give is what the run has."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from support.made_records import save
from support.made_studies import gains, written
from support.made_studies import runs as made_runs
from support.places import ROOT
from support.run_videos import run_videos

import harness
from backbones.base.errors import UsageError, UserError
from harness.record import outputs
from harness.record.consistency.seal import sealed
from harness.record.stored.checksums import checksums

LIGHT = """
import sys, harness
assert {"load", "predictions", "records", "run", "study", "UserError", "UsageError"} <= set(dir(harness))
print(sorted({"torch", "pandas", "numpy", "click"} & set(sys.modules)))
"""


def test_the_package_alone_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", LIGHT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        harness.laod  # noqa: B018


def test_records_are_a_row_for_each_run(whole):
    table = harness.records(whole.path.parent)
    assert list(table["run"]) == [whole.id]
    record = whole.record()
    assert table["fused.top1"][0] == pytest.approx(record.metrics.fusion[record.fusion].top1.percent)
    with pytest.raises(UserError, match="there is no such folder of runs"):
        harness.records(whole.path / "gone")


def test_predictions_count_to_the_records_accuracies(whole):
    table, record = harness.predictions(whole.path), whole.record()
    metrics = record.metrics
    counted = ~table["id"].str.split("/").str[0].isin(record.data.apart)
    found = {"local": metrics.local, "global": metrics.glob, **metrics.fusion}
    for name, each in found.items():
        right = (table[name] == table["label"])[counted]
        if each.top1.of == len(right):
            assert right.sum() == each.top1.correct, name
        scores = table[[f"{name}.score.{k}" for k in record.data.classes]]
        assert scores.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-4)
        best = scores.idxmax(axis=1).str.removeprefix(f"{name}.score.")
        assert list(best) == list(table[name])
    assert set(found) <= set(table.columns)
    total = table["dominance.local"] + table["dominance.global"]
    assert table["weight.local"].to_numpy() == pytest.approx(
        (table["dominance.local"] / total).to_numpy(), abs=1e-4
    )
    short = harness.predictions(whole.path, scores=False)
    assert not any(".score." in column for column in short.columns)
    assert list(short["local"]) == list(table["local"])


def test_a_video_that_could_not_be_decoded_has_an_error_alone(whole):
    stored = outputs.read(whole.outputs)
    ok = stored.ok.clone()
    ok[1] = False
    outputs.save(
        whole.outputs, outputs.Stored(stored.tensors, stored.labels, ok, stored.ids, {stored.ids[1]: "gone"})
    )
    with pytest.raises(UserError, match="is not the file that run"):
        harness.predictions(whole.path)
    tree = json.loads(whole.record_path.read_text())  # as if the run had met that video
    tree["files"] = checksums(whole)
    whole.record_path.write_text(json.dumps(sealed(tree)))
    table = harness.predictions(whole.path)
    assert list(table["id"]) == stored.ids
    assert table["error"][1] == "gone"
    assert table["local"].isna().tolist() == [n == 1 for n in range(len(table))]
    whole.outputs.unlink()
    with pytest.raises(UserError, match="outputs were not kept"):
        harness.predictions(whole.path)


def test_a_stream_that_is_not_used_says_nothing_and_nothing_is_fused(whole):
    tree = json.loads(whole.record_path.read_text())
    tree["labels"]["local"] = "not used"
    whole.record_path.write_text(json.dumps(sealed(tree)))
    table = harness.predictions(whole.path, scores=False)
    assert list(table.columns) == ["id", "label", "global"]


def test_a_loaded_run_is_a_module_of_its_trained_streams(whole, clips_root):
    model = harness.load(whole.path, device="cpu")
    record = whole.record()
    assert isinstance(model, torch.nn.Module)
    assert not model.training
    assert set(model.streams) == set(model.specs) == {"local", "global"}
    assert list(model.classes) == record.data.classes
    clips = {
        name: torch.zeros(2, spec.channels, spec.frames, spec.crop, spec.crop)
        for name, spec in model.specs.items()
    }
    with torch.no_grad():
        found = model(clips)
    assert {name: tuple(each.logits.shape) for name, each in found.items()} == {
        name: (2, len(model.classes)) for name in model.specs
    }
    stored = outputs.read(whole.outputs)
    video = run_videos(whole, clips_root)[0]
    (whole.path.parent / "broken.mp4").write_bytes(b"no video")
    table = model.predict([video, whole.path.parent / "broken.mp4"])
    columns = [f"local.score.{name}" for name in model.classes]
    assert table.loc[0, columns].to_numpy(float) == pytest.approx(
        stored.tensors["local.scores"][0].numpy(), abs=1e-4
    )
    assert isinstance(table.loc[1, "error"], str)


def test_a_finished_run_is_found_by_its_own_configuration(whole, clips_root, monkeypatch, no_costs):
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    found = harness.run(config=whole.config, out=whole.path.parent, device="cpu")
    assert found.id == whole.id
    assert found.metrics == whole.record().metrics


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"metod": "mbd"}, "no option 'metod'; did you mean 'method'"),
        ({"presett": "tiny"}, "no option 'presett'.* settings, plugin, paper$"),
        ({"setings": {}}, "did you mean 'settings'"),
        ({"method": "mdb"}, "did you mean 'mbd'"),
        ({}, "give --method"),
        ({"method": "mbd", "epochs": "many"}, "not a valid integer"),
        ({"method": "mbd", "settings": {"train.lr": -1}}, "train.lr: got -1"),
        ({"method": "mbd", "seeds": 2}, "no option 'seeds'"),
        ({"method": "mbd", "settings": ["train.lr"]}, "settings: expected a mapping such as"),
        ({"method": "mbd", "settings": {"train.lr": object()}}, "settings: expected numbers, text"),
        ({"method": "mbd", "settings": {"train.epochs": np.int64(-1)}}, "train.epochs: got -1"),
    ],
)
def test_a_mistake_is_the_commands_one_line(options, words, tmp_path):
    with pytest.raises(UsageError, match=words):
        harness.run(out=tmp_path / "runs", **options)


def test_what_is_no_path_or_no_run_is_a_usage_error(whole):
    mistakes = [
        lambda: harness.records(None),
        lambda: harness.records(3),
        lambda: harness.predictions(whole.path, out=None),
        lambda: harness.load(3),
        lambda: harness.load("a" * 5000),
        lambda: harness.load(whole.path, device="cpu").predict([]),
        lambda: harness.load(whole.path, device="cpu").predict([3]),
        lambda: harness.study(3),
    ]
    for mistake in mistakes:
        with pytest.raises(UsageError):
            mistake()


def test_a_study_that_is_complete_is_a_table_of_its_contrasts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan, sha256 = written(tmp_path / "mine.yaml", arms=["two_stream", "mbd"])
    save(made_runs(plan, gains({"mbd": 2.0}), sha256), tmp_path / "records")
    monkeypatch.setattr("harness.cli.study_options.Study.missing", lambda *_: [])
    table = harness.study(tmp_path / "mine.yaml", records=tmp_path / "records", here=True)
    (order,) = table[table["kind"] == "order"].to_dict("records")
    assert (order["word"], order["left"]) == ("holds", "mbd own.top1")
