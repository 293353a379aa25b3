"""The main job as a whole: a record comes last, a stop loses nothing, a resumed run is the same run."""

import json
import os
import shutil

import pytest
import torch
from safetensors.torch import load_file

from backbones.base.errors import UserError
from harness.record.consistency.seal import sealed
from harness.record.events import read as read_events
from harness.record.failures import failures, note
from harness.record.folder import all_runs
from harness.record.making import making
from harness.record.reading import read_record
from harness.training import trainer as train
from harness.training.training_step import Learner
from methods.fusion.catalogue import FUSIONS


class Killed(Exception):
    """Stands for a power cut: nothing after it is run."""


def test_a_run_leaves_all_that_it_promises(whole):
    record = whole.record()
    assert whole.finished
    assert record.metrics.local.top1.of == 12  # 16 videos, of which the 4 of conflict are apart
    assert record.metrics.local.clip_top1.of == 24  # two windows of each
    assert record.metrics.glob.clip_top1.of == 12
    assert (record.data.apart, record.metrics.local.per_family["conflict"].of) == (["conflict"], 4)
    assert record.metrics.local.k == 2
    learned = {entry.name for entry in FUSIONS if entry.learned}
    assert set(record.metrics.fusion) == set(FUSIONS.names()) - learned
    assert record.metrics.not_fused == {}  # only the method's own rule and those without parameters
    assert record.labels == {"local": "r2plus1d18 ×⅛", "global": "vtn:resnet10t ×⅛"}
    assert (
        record.metrics.dominance.agreement.of == 12
    )  # local, global and conflict clips; "shared" has no truth
    assert record.timings.steps == 8
    assert record.selection == "last epoch"
    full = record.cost.full["local"]
    assert (full.frames, full.size, full.width) == (16, 112, 1.0)
    stored = load_file(whole.outputs)
    torch.testing.assert_close(stored["local.scores"].sum(dim=1), torch.ones(16))
    assert json.loads(whole.failed_videos.read_text()) == {"train": {}, "test": {}}
    assert [event["step"] for event in read_events(whole.events)] == [8]


def test_a_campaigns_reason_goes_when_the_run_is_made_by_whichever_command(whole, tiny_run, tmp_path):
    note(tmp_path / "runs", whole.read_config(), "no space")
    whole.record_path.unlink()
    assert len(failures(tmp_path / "runs")) == 1
    assert tiny_run().path == whole.path
    assert failures(tmp_path / "runs") == []


def test_accuracy_in_the_record_is_that_of_the_stored_outputs(whole):
    stored = load_file(whole.outputs)
    for stream, metrics in (("local", whole.record().metrics.local), ("global", whole.record().metrics.glob)):
        right = stored[f"{stream}.scores"].argmax(dim=1) == stored["labels"]
        right &= stored["labels"] < 12  # of the first three families; the fourth is conflict
        assert metrics.top1.correct == int(right.sum())
    average = (stored["local.scores"] + stored["global.scores"]).argmax(dim=1) == stored["labels"]
    fused = whole.record().metrics.fusion["average"]
    assert fused.top1.correct == int((average & (stored["labels"] < 12)).sum())
    assert fused.per_family["conflict"].correct == int((average & (stored["labels"] >= 12)).sum())


@pytest.mark.parametrize(("stride", "warned"), [(60, 1), (55, 0)])
def test_clips_that_span_more_than_the_videos_are_said(execute_tiny, tmp_path, monkeypatch, stride, warned):
    """168 frames: four at stride 60 span 181, at 55 they span 166."""
    said = []
    monkeypatch.setattr("harness.console.console.RunConsole.say", lambda self, line: said.append(line))
    execute_tiny(f"global.stride={stride}", out=tmp_path, dry_run=True)
    lines = [line for line in said if line.startswith("warning: clips of the global stream span 181 frames")]
    assert len(lines) == warned


def test_a_finished_run_is_not_repeated(tiny_run, whole, monkeypatch):
    monkeypatch.setattr(train.Trainer, "run", lambda self: pytest.fail("trained again"))
    before = whole.record_path.read_bytes()
    assert tiny_run().record_path.read_bytes() == before


def test_a_record_with_other_settings_than_its_id_is_not_taken_for_the_run(tiny_run, whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / whole.id)
    record = tmp_path / whole.id / "record.json"
    tree = json.loads(record.read_text())
    tree["config"]["train"]["lr"] = 0.125
    record.write_text(json.dumps(tree))
    with pytest.raises(UserError, match=r"record\.json was changed after it was written"):
        tiny_run(out=tmp_path)
    record.write_text(json.dumps(sealed(tree)))
    with pytest.raises(UserError, match=rf"is of run {whole.id}, but its .* are those of run .*--restart'$"):
        tiny_run(out=tmp_path)


def test_a_killed_run_goes_on_at_the_step_and_ends_the_same(tiny_run, tmp_path, monkeypatch):
    undisturbed = tiny_run(out=tmp_path / "undisturbed")
    one_step = train.Trainer._one_step

    def killed_at_5(self, learner, rates, state, batches):
        if state.step == 5:
            raise Killed
        one_step(self, learner, rates, state, batches)

    with monkeypatch.context() as patch:
        patch.setattr(train.Trainer, "_one_step", killed_at_5)
        with pytest.raises(Killed):
            tiny_run(out=tmp_path / "killed", checkpoint_every_s=0)
    (folder,) = (tmp_path / "killed").iterdir()
    assert not (folder / "record.json").exists()
    first_steps = []

    def counted(self, learner, rates, state, batches):
        first_steps.append(state.step)
        one_step(self, learner, rates, state, batches)

    said = []
    monkeypatch.setattr("harness.console.console.RunConsole.say", lambda self, text: said.append(text))
    monkeypatch.setattr(train.Trainer, "_one_step", counted)
    resumed = tiny_run(out=tmp_path / "killed")
    assert first_steps == [5, 6, 7]
    assert "going on from the run's checkpoint" in said
    assert resumed.id == undisturbed.id
    ours, theirs = load_file(resumed.outputs), load_file(undisturbed.outputs)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert resumed.record().timings.sessions == 2


def test_a_run_killed_before_its_first_checkpoint_says_that_it_starts_anew(
    tiny_run, tmp_path, monkeypatch, no_costs
):
    def killed(self, batch, step):
        raise Killed

    said = []
    monkeypatch.setattr("harness.console.console.RunConsole.say", lambda self, text: said.append(text))
    monkeypatch.setattr(Learner, "learn", killed)
    for _ in range(2):
        with pytest.raises(Killed):
            tiny_run(out=tmp_path / "killed")
        (folder,) = (tmp_path / "killed").iterdir()
        (folder / "events.jsonl").touch()
    assert len([text for text in said if "it starts from step 0" in text]) == 1


def test_restart_forgets_the_run(tiny_run, whole):
    (whole.path / "trace").touch()
    assert not (tiny_run(restart=True).path / "trace").exists()


def test_a_dry_run_writes_nothing_and_gives_its_plan(execute_tiny, tmp_path, capsys):
    outcome = execute_tiny(out=tmp_path / "dry", dry_run=True)
    assert not (tmp_path / "dry").exists()
    assert capsys.readouterr().out == ""
    run, plan = outcome.folder, json.loads(json.dumps(outcome.plan))
    assert (plan["run"], plan["folder"]) == (run.id, str(run.path))
    assert (plan["found"], plan["steps"]) == ({"train": 16, "validation": 0, "holdout": 0, "test": 16}, 8)
    assert plan["config"]["method"]["name"] == "mbd"


@pytest.mark.parametrize("pair", ["seed=1", "train.lr=0.02", "method.kl_weight=0.5", "train.micro_batch=2"])
def test_what_changes_a_result_changes_the_run(tiny_run, tmp_path, pair):
    plain = tiny_run(out=tmp_path / "dry", dry_run=True)
    assert tiny_run(pair, out=tmp_path / "dry", dry_run=True).id != plain.id


def test_where_and_how_it_runs_does_not_change_the_run(tiny_run, tmp_path):
    plain = tiny_run(out=tmp_path / "dry", dry_run=True)
    assert tiny_run(out=tmp_path / "dry", dry_run=True, views_at_once=3).id == plain.id


def test_methods_share_initialisation_and_data_order(tiny_run, monkeypatch):
    """Paired comparison: the first step's cross-entropies are equal, bit for bit."""
    first = {}
    for method in ("two_stream", "mbd"):
        learn = Learner.learn

        def remember(self, batch, step, method=method, learn=learn):
            values = learn(self, batch, step)
            first.setdefault(method, values)
            return values

        with monkeypatch.context() as patch:
            patch.setattr(Learner, "learn", remember)
            tiny_run(f"method.name={method}", "train.epochs=1")
    for term in ("loss:local/ce", "loss:global/ce"):
        assert first["mbd"][term] == first["two_stream"][term]


def test_a_record_that_is_damaged_or_newer_is_one_line(whole):
    from backbones.base.errors import UserError

    tree = json.loads(whole.record_path.read_text())
    whole.record_path.write_text(json.dumps({**tree, "schema_version": 99}))
    with pytest.raises(UserError, match="has schema 99, this harness reads up to 2"):
        read_record(whole.record_path)
    whole.record_path.write_text("{")
    with pytest.raises(UserError, match="is not a readable record"):
        read_record(whole.record_path)


def test_a_run_that_is_being_made_is_not_made_twice(whole):
    from backbones.base.errors import UserError

    with (
        making(whole),
        pytest.raises(UserError, match=rf"being made by process {os.getpid()} on "),
        making(whole),
    ):
        pass
    whole.record_path.unlink()
    with making(whole):
        assert whole.state() == "running"
    assert whole.state() == "interrupted"


def test_a_run_that_was_asked_to_stop_is_interrupted_and_no_failure(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.training.stopping.StopFlag.agreed", lambda self, fabric: True)
    with pytest.raises(train.Stopped, match="stopped after step 1 of 8"):
        tiny_run(out=tmp_path)
    (folder,) = all_runs(tmp_path)
    assert (folder.state(), folder.why()) == ("interrupted", "")


def test_a_finished_run_is_found_where_nothing_can_be_written(whole, tiny_run, monkeypatch):
    monkeypatch.setattr("harness.execution.job.refusal_of", lambda folder: "Read-only file system")
    assert tiny_run() == whole
    with pytest.raises(UserError, match=r"--out .* is not writable"):
        tiny_run(restart=True)
