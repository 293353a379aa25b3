"""Pre-training one stream alone, and finished runs as weights of the next: what is taken, what is refused."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from support.made_records import with_its_id

from backbones.base.errors import UsageError, UserError
from backbones.weights.loading import tensors_sha256
from harness.config.resolve import method_settings, resolve
from harness.data.content.hashes import Hashes
from harness.data.index import Video, VideoIndex
from harness.evaluation.evaluator import Evaluator
from harness.record import checkpoint
from harness.record.folder import RunFolder
from harness.training.streams import from_runs, seen

ONE = ("train.epochs=1",)
pytestmark = pytest.mark.usefixtures("no_costs")


@pytest.fixture(scope="session")
def alone(make_tiny, tmp_path_factory):
    """A run of each stream alone: its folder by the stream's name."""
    out = tmp_path_factory.mktemp("alone")
    pairs = ("method.name=single", "method.fusion=product", *ONE)
    return {stream: make_tiny(*pairs, f"method.stream={stream}", out=out) for stream in ("local", "global")}


def test_the_papers_pre_training():
    # Sections 3.1 and 3.2: 45 and 60 epochs, batches of 64, 0.01; ten clips, centre crop.
    for stream, epochs in (("local", 45), ("global", 60)):
        alone = resolve("paper", {}, [], stream)
        assert (alone.method.name, method_settings(alone).stream) == ("single", stream)
        assert (alone.train.epochs, alone.train.batch_size, alone.train.lr) == (epochs, 64, 0.01)
        assert (alone.train.momentum, alone.train.weight_decay) == (0.9, 1e-4)
        assert (alone.test.local_clips, alone.test.global_clips, alone.test.crops) == (10, 10, 1)
    given = resolve("paper", {"train": {"lr": 0.3}}, ["test.crops=3"], "local")
    assert (given.train.lr, given.test.crops) == (0.3, 3)


def test_pre_training_is_a_shorthand():
    says = ("train.epochs=18", "train.lr=0.01", "train.warmup_steps=20", "test.part=none")
    by_hand = resolve("tiny", {"method": {"name": "single"}}, ["method.stream=global", *says])
    assert resolve("tiny", {}, [], "global") == by_hand
    both = resolve("tiny", {"method": {"name": "two_stream"}}, says)
    assert resolve("tiny", {}, [], "both") == both


@pytest.mark.parametrize(
    ("stream", "flags", "pairs", "words"),
    [
        ("locl", {}, [], "--pretrain locl: no such stream; did you mean 'local'"),
        ("local", {"method": {"name": "mbd"}}, [], "by method 'single': leave out --method mbd"),
        ("local", {}, ["method.stream=global"], "--set method.stream=global name two streams"),
        ("local", {"global": {"weights": "x"}}, [], "not use the global stream: leave out --weights-global"),
    ],
)
def test_what_contradicts_pre_training_is_one_line(stream, flags, pairs, words):
    with pytest.raises(UsageError, match=words):
        resolve("tiny", flags, pairs, stream)


@pytest.mark.parametrize(("stream", "other"), [("local", "global"), ("global", "local")])
def test_the_unused_stream_is_neither_decoded_nor_run(make_tiny, tmp_path, monkeypatch, stream, other):
    seen = []
    real = Evaluator._videos

    def remember(self, batch):
        seen.append({name for name in ("local", "global") if name in batch})
        return real(self, batch)

    monkeypatch.setattr(Evaluator, "_videos", remember)
    pairs = ("method.name=single", "method.fusion=product", f"method.stream={stream}", "train.batch_size=16")
    run = make_tiny(*pairs, *ONE, out=tmp_path)
    assert seen
    assert all(names == {stream} for names in seen)
    record, stored = run.record(), load_file(run.outputs)
    assert record.labels[other] == "not used"
    assert torch.equal(stored[f"{other}.scores"], torch.full((16, 16), 1 / 16))
    own = {"local": record.metrics.local, "global": record.metrics.glob}[stream]
    assert record.metrics.fusion["product"].top1 == own.top1
    assert record.metrics.fusion["average"].top1 == own.top1


def test_joint_training_begins_with_what_was_trained_alone(alone, tiny_run, tmp_path):
    """Each stream's tensors are those of its run, whose facts and SHA-256 the record has."""
    weights = [f"{stream}.weights={run.path}" for stream, run in alone.items()]
    joint = tiny_run(*weights, "train.lr=1e-12", "train.batch_size=16", *ONE).record()
    ours = torch.load(tmp_path / "runs" / joint.id / "checkpoint.pt", weights_only=True)["method"]
    for stream, run in alone.items():
        prefix = f"streams.{stream}."
        theirs = torch.load(run.checkpoint, weights_only=True)["method"]
        own = {k.removeprefix(prefix): v for k, v in theirs.items() if k.startswith(prefix)}
        report = joint.weights[stream]
        assert report["sha256"] == tensors_sha256(own)
        assert report["missing"] == report["skipped"] == []
        assert report["origin"]["run"] == run.id
        assert report["origin"]["method"] == "single"
        assert joint.config[stream]["weights"] == f"run:{run.id}"
        for name, p in own.items():
            if name.endswith("weight"):  # at a rate of 1e-12 they stay; BatchNorm's statistics do not
                torch.testing.assert_close(ours[prefix + name], p, msg=name)


def test_how_the_run_is_called_does_not_matter(alone, tiny_run, tmp_path):
    run = alone["local"]
    shutil.copytree(run.path, tmp_path / "runs" / run.id)
    names = [run.id, run.id[:6], f"run:{run.id}", str(run.path), str(run.record_path), str(run.checkpoint)]
    assert len({tiny_run(f"local.weights='{name}'", dry_run=True).id for name in names}) == 1
    assert tiny_run(dry_run=True).id != tiny_run(f"local.weights='{run.id}'", dry_run=True).id


def test_a_frozen_teacher_straight_from_its_run(alone, tiny_run, tmp_path):
    run = alone["global"]
    pairs = ("method.name=unidirectional", "method.fusion=average", "method.frozen=true", *ONE)
    taught = tiny_run(*pairs, f"global.weights={run.path}", "train.batch_size=16")
    ours, theirs = load_file(taught.outputs), load_file(run.outputs)
    assert torch.equal(ours["global.scores"], theirs["global.scores"])
    with pytest.raises(
        UsageError, match="frozen teacher but has no weights; give --weights-global FILE or a fin"
    ):
        tiny_run(*pairs)


def test_a_genkd_teacher_brings_its_modules_from_its_run(alone, tiny_run):
    clip = ("local.stride=8", "train.batch_size=16", *ONE)
    phase_a = ("method.name=genkd_teacher", "method.fusion=product", "method.alternation=step")
    phase_b = ("method.name=genkd", "method.fusion=global_only")
    teacher = tiny_run(*phase_a, *clip)
    student = tiny_run(*phase_b, f"local.weights='{teacher.id}'", *clip)
    ours, theirs = (torch.load(run.checkpoint, weights_only=True)["method"] for run in (student, teacher))
    held = [name for name in theirs if name.startswith(("represent.local.", "streams.local."))]
    assert any(".vae." in name for name in held)
    for name in held:
        assert torch.equal(ours[name], theirs[name]), name
    with pytest.raises(UsageError, match="hold no attention head and VAE that fit its map"):
        tiny_run(*phase_b, f"local.weights={alone['local'].path}", *clip, dry_run=True)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("local.weights=dead", "no run 'dead' in"),
        ("local.weights=run:nosuch", "no run 'nosuch' in"),
        ("local.weights={global}", "run .* did not train its local stream"),
        ("global.weights={local}", "run .* did not train its global stream"),
        (
            "local.width=0.25 local.weights={local}",
            "trained r2plus1d18 ×⅛ as its local stream, this run has .*×¼",
        ),
        ("local.backbone=r2plus1d34 local.weights={local}", "this run has r2plus1d34 ×⅛"),
        ("local.weights={unfinished}", "is started, not finished; the command that began it goes on with it"),
        ("local.weights={gone}", r"checkpoint\.pt is gone"),
    ],
)
def test_runs_that_cannot_be_used_are_one_line(alone, tiny_run, tmp_path, pair, words):
    places = {stream: str(run.path) for stream, run in alone.items()}
    for name, lost in (("unfinished", "record.json"), ("gone", "checkpoint.pt")):
        copy = shutil.copytree(alone["local"].path, tmp_path / name / alone["local"].id)
        (copy / lost).unlink()
        if name == "unfinished":
            (copy / "checkpoint.pt").unlink()
        places[name] = str(copy)
    with pytest.raises(UserError, match=words) as caught:
        tiny_run(*pair.format(**places).split(), dry_run=True)
    assert "\n" not in str(caught.value)


def with_classes(run, target, rename):
    """A copy of the run, on another data set, whose classes are other ones."""
    tree = json.loads(run.record_path.read_text()) | {"files": None}
    tree["data"]["classes"] = [rename(name) for name in tree["data"]["classes"]]
    tree["data"]["dataset"] = tree["config"]["data"]["dataset"] = "elsewhere"
    tree = with_its_id(tree)
    copy = shutil.copytree(run.path, target / tree["id"])
    (copy / "record.json").write_text(json.dumps(tree))
    checkpoint.save(copy / "checkpoint.pt", checkpoint.read(run.checkpoint))
    (copy / "trained.json").write_text(json.dumps({"elsewhere": [f"{number}.mp4" for number in range(16)]}))
    return copy


def test_a_classifier_of_other_classes_is_left_out_and_no_frozen_teacher(alone, tiny_run, tmp_path):
    """Also where as many classes make its shape fit: they mean something else."""
    copy = with_classes(alone["global"], tmp_path / "other", lambda name: name + " elsewhere")
    record = tiny_run(f"global.weights={copy}", "train.batch_size=16", *ONE).record()
    report = record.weights["global"]
    assert report["skipped"]
    assert report["skipped"] == sorted(report["missing"])
    assert "without its classifier of 16 other classes" in report["source"]
    frozen = ("method.name=unidirectional", "method.frozen=true", f"global.weights={copy}")
    with pytest.raises(UsageError, match=r"frozen teacher, but run .* has no classifier of these classes"):
        tiny_run(*frozen, dry_run=True)


def index(train, test, held=()):
    parts = [tuple(Video(name, None, 0) for name in names) for names in (train, test, held)]
    return VideoIndex("ucf101", "1", ("a",), parts[0], parts[1], "", holdout=parts[2])


def source(folder, trained, record):
    folder.mkdir()
    own = {record.data.dataset: [f"{number}.mp4" for number in range(record.data.found["train"])]}
    (folder / "trained.json").write_text(json.dumps(own | trained))
    return {"local": from_runs.Source(RunFolder(folder), record.model_copy(update={"files": None}))}


def check_unseen(index, sources, crossed=False):
    with Hashes(sources["local"].run.path / "hashes.sqlite") as hashes:
        return seen.check_unseen(index, sources, crossed, hashes)


def test_a_run_that_has_seen_the_test_videos_is_refused(tmp_path, alone):
    record = alone["local"].record()
    before = source(tmp_path / "seen", {"ucf101": ["1", "2", "3"], "hmdb51": ["9"]}, record)
    assert check_unseen(index("123", "9"), before) == []
    with pytest.raises(
        UserError, match=r"trained on 2 \(2, …\) of the test videos: take a run of the same split"
    ):
        check_unseen(index("14", "23"), before)
    with pytest.raises(UserError, match=r"1 \(3\) of the videos that fusion rules are to be fitted on"):
        check_unseen(index("14", "9", "3"), before)
    with pytest.raises(UserError, match=r"1 \(1\) of the videos to cross-fit on"):
        check_unseen(index("14", "9"), before, crossed=True)


def test_what_a_run_was_trained_on_is_handed_down(tmp_path, alone):
    """UCF101's split 2, then HMDB51: a third run must not test on what the first has seen."""
    before = source(tmp_path / "seen", {"hmdb51": ["b"], "ucf101": ["x"]}, alone["local"].record())
    seen.write_trained(tmp_path / "next.json", index("yx", "z", "h"), before)
    handed = json.loads((tmp_path / "next.json").read_text())
    assert len(handed.pop("localglobal")) == 16
    assert handed == {"hmdb51": ["b"], "ucf101": ["x", "y"]}
    own = json.loads(alone["local"].trained.read_text())
    assert len(own["localglobal"]) == 16
