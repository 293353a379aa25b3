"""Cross-fitting: every training video judged by streams that have not seen it; test videos take no part."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stored_outputs import FAST, stored

from backbones.base.errors import UsageError, UserError
from harness.config.resolve import resolve
from harness.data.holdout import fold_of, folds
from harness.data.index import Video, VideoIndex
from harness.evaluation.fusion_fitting import HeldOut, check_fusion, fuse
from harness.execution.crossfit import _seconds
from harness.record.outputs import read
from harness.training import trainer as train
from harness.training.stopping import Stopped
from methods.fusion.catalogue import FUSIONS

PAIRS = (
    "data.train_per_class=2",
    "train.epochs=1",
    "train.batch_size=8",
    "fit.share=0",
    "fit.folds=2",
    "fit.rules=all",
)
MEMBERS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz")), min_size=1, max_size=40)


@given(MEMBERS, st.integers(2, 4))
def test_folds_keep_groups_whole_and_are_functions_of_names(members, count):
    place = fold_of(members, count)
    assert place.keys() == {group for group, _ in members}
    assert set(place.values()) <= set(range(count))
    assert fold_of(members[::-1], count) == place
    groups = len(place)
    assert len(set(place.values())) == min(groups, count)  # no fold is empty while there are groups


def test_folds_of_equal_groups_are_equal_and_have_all_classes():
    members = [(f"g{n}", label) for n in range(6) for label in "xy"]
    place = fold_of(members, 3)
    assert sorted(place.values()) == [0, 0, 1, 1, 2, 2]


def index(groups, labels):
    train = tuple(
        Video(f"v{n}", None, label, group)
        for n, (group, label) in enumerate(zip(groups, labels, strict=True))
    )
    return VideoIndex("x", "1", ("a", "b"), train, (Video("t", None, 0),), "")


def test_each_training_video_is_held_out_once():
    whole = index("ppqqrrss", [0, 1] * 4)
    parts = folds(whole, 2)
    held = [video for part in parts for video in part.holdout]
    assert sorted(video.id for video in held) == [f"v{n}" for n in range(8)]
    for part in parts:
        assert set(part.train) | set(part.holdout) == set(whole.train)
        assert not {video.group for video in part.train} & {video.group for video in part.holdout}
        assert part.test == whole.test


@pytest.mark.parametrize(
    ("groups", "labels", "count", "words"),
    [
        ("pq", [0, 1], 2, r"fit\.folds=2 cannot be made .*\(all videos of 1 classes are in one group\)"),
        ("ppqq", [0, 1, 0, 1], 3, r"fit\.folds=3 cannot be made of the training videos \(2 groups\)"),
    ],
)
def test_folds_that_cannot_be_made_are_said(groups, labels, count, words):
    with pytest.raises(UserError, match=words):
        folds(index(groups, labels), count)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (["fit.folds=1", "fit.share=0"], "folds is 1; cross-fitting needs 2 or more"),
        (
            ["fit.folds=3", "fit.share=0.2"],
            "folds is 3 and share is 0.2, which exclude each other: give fit.share=0",
        ),
    ],
)
def test_wrong_settings_are_one_line(pairs, words):
    with pytest.raises(UsageError, match=words):
        resolve("tiny", {}, pairs)


def test_rules_on_features_of_several_networks_are_refused():
    """Scores and logits mean the same to every network; axes of embeddings and maps do not."""
    held, test = stored(40, "train"), stored(24, "test", seed=1)
    fused, reasons = fuse(test.outputs(), HeldOut(held, test.ids, crossed=True), FUSIONS.names(), FAST)
    assert set(reasons) == {"concat", "conv3d", "bilinear"}
    assert all("axes differ from fold to fold" in reason for reason in reasons.values())
    assert {name for name, rule in fused.items() if rule.fitted_on} == {"weighted", "svm", "better_single"}
    settings = {"concat": {"inputs": "logits"}}
    assert "concat" in fuse(test.outputs(), HeldOut(held, test.ids, True), ["concat"], settings)[0]
    with pytest.raises(UsageError, match="fusion 'concat' reads embeddings or maps"):
        check_fusion("concat", 40, maps=True, crossed=True)
    check_fusion("concat", 40, maps=True, crossed=True, settings=settings)


@pytest.mark.usefixtures("no_costs")
def test_a_run_is_cross_fitted_stopped_and_goes_on(tiny_run, tmp_path, monkeypatch, capsys):
    """No network gives the outputs of a video that it was trained on; no rule is given a test video."""
    seen = []
    run = train.Trainer.run

    def remember(self):
        seen.append((self.checkpoints.path.parent, set(self.names)))
        return run(self)

    def stopped(self):
        if self.checkpoints.path.parent.name == "2":
            raise Stopped("stopped")
        return remember(self)

    with monkeypatch.context() as patch:
        patch.setattr(train.Trainer, "run", stopped)
        with pytest.raises(Stopped):
            tiny_run(*PAIRS)
    monkeypatch.setattr(train.Trainer, "run", remember)
    made = tiny_run(*PAIRS)
    folder = made.path / "folds"
    trained = dict(seen)
    assert [path for path, _ in seen] == [made.path, folder / "1", made.path, folder / "2"]
    tested = set(read(made.outputs).ids)
    for fold in ("1", "2"):
        outputs = read(folder / fold / "outputs-holdout.safetensors")
        assert not set(outputs.ids) & trained[folder / fold]
        assert set(outputs.ids) | trained[folder / fold] == trained[made.path]
        assert not (folder / fold / "checkpoint.pt").exists()
    held = read(made.holdout_outputs)
    assert set(held.ids) == trained[made.path]
    assert not tested & set(held.ids)
    record = made.record()
    assert record.metrics.fusion["weighted"].fitted_on == len(held.ids) == 32
    assert record.timings.cross_fit_s > 0
    before = json.loads(made.record_path.read_text())["metrics"]["fusion"]["weighted"]["learned"]
    assert 0 <= before["weight"] <= 1


@pytest.mark.usefixtures("no_costs")
def test_a_runs_name_changes_only_where_folds_are_asked_for(tiny_run):
    plain = tiny_run("fit.share=0", dry_run=True).id
    assert tiny_run("fit.share=0", "fit.folds=0", dry_run=True).id == plain
    assert tiny_run(*PAIRS, dry_run=True).id != tiny_run(*PAIRS[:-1], dry_run=True).id


def test_a_fold_of_another_run_or_changed_outputs_are_not_taken(tmp_path):
    """Fusion rules would be fitted on what other streams say."""
    done, outputs = tmp_path / "done.json", tmp_path / "outputs-holdout.safetensors"
    outputs.write_bytes(b"scores")
    said = {"seconds": 3.5, "fold": "0123456789ab/folds/1", "outputs": hashlib.sha256(b"scores").hexdigest()}
    done.write_text(json.dumps(said))
    assert _seconds(done, said["fold"], outputs) == 3.5
    for other in ("0123456789ab/folds/2", "ba9876543210/folds/1"):
        with pytest.raises(UserError, match=f"is fold {said['fold']}, not {other}: put that one's own back"):
            _seconds(done, other, outputs)
    outputs.write_bytes(b"scorez")
    with pytest.raises(UserError, match="is not what the fold wrote"):
        _seconds(done, said["fold"], outputs)
    done.write_text("{}")
    with pytest.raises(UserError, match="cannot be read; start the run again with --restart"):
        _seconds(done, said["fold"], outputs)
