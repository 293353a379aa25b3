"""Every method of the registry, stopped after a few steps: what goes on ends as what was never stopped."""

import dataclasses
import json

import pytest
import torch
from support.short_training import CASES, PLAN, STEPS, STOP_AFTER, batch, made, spec, trainer

from backbones.base.errors import UserError
from harness.data.clips.transform import normalise
from harness.record import checkpoint
from harness.training.augmentation.mixing import Mixing
from harness.training.optimization.plateau import PlateauRule
from harness.training.stopping import Stopped
from methods.catalogue import METHODS


@torch.inference_mode()
def outputs(method):
    method.eval()
    clips = {name: batch(99)[name] for name in ("local", "global") if name not in method.unused}
    pixels = {name: normalise(clip, spec().mean, spec().std, torch.float32) for name, clip in clips.items()}
    return {name: value.logits for name, value in method(pixels).items()}


TUNED = dataclasses.replace(PLAN.optimization, name="adamw", decay_norms=False, clip_norm=0.5, ema=0.9)
PLANS = {"plain": PLAN, "tuned": dataclasses.replace(PLAN, optimization=TUNED)}
FALLING = dataclasses.replace(PLAN.optimization, plateau=PlateauRule(factor=0.5, patience=0))
MIXED = dataclasses.replace(PLAN, optimization=FALLING, mixing=Mixing(0.4, 1.0, seed=3))


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
@pytest.mark.parametrize(("entry", "settings"), CASES, ids=lambda v: getattr(v, "name", None) or str(v))
def test_a_stopped_method_goes_on_as_if_never_stopped(entry, settings, plan, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.training.trainer.LOG_EVERY", 1)
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    whole = made(entry, settings)
    trainer(whole, tmp_path / "whole", plan=plan).run()
    with pytest.raises(Stopped):
        trainer(made(entry, settings), tmp_path / "stopped", STOP_AFTER, plan).run()
    torch.manual_seed(123)  # a process that starts later draws otherwise, until the checkpoint is read
    resumed = made(entry, settings)
    with torch.no_grad():
        for parameter in resumed.parameters():
            parameter.add_(1)
    trainer(resumed, tmp_path / "stopped", plan=plan).run()
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
    ours, theirs = outputs(resumed), outputs(whole)
    assert ours.keys() == theirs.keys() != set()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    lines = [
        [json.loads(line) for line in (tmp_path / folder / "events.jsonl").open()]
        for folder in ("whole", "stopped")
    ]
    assert [line["step"] for line in lines[1]] == [*range(1, STEPS + 1)]
    for mine, other in zip(*lines, strict=True):
        assert (mine["losses"], mine["stats"]) == (other["losses"], other["stats"])


def test_a_training_of_mixed_clips_whose_rate_follows_a_loss_goes_on(tmp_path, monkeypatch):
    """The loss does not fall any more after the second epoch: the rate is halved from the fourth step on."""
    monkeypatch.setattr("harness.training.trainer.LOG_EVERY", 1)
    losses = {1: 2.0, 2: 1.0, 3: 1.5, 4: 1.5}
    methods = {}
    for folder, stop in (("whole", None), ("stopped", 3)):
        (tmp_path / folder).mkdir()
        method = made(METHODS.get("mbd"), {})
        run = dataclasses.replace(trainer(method, tmp_path / folder, stop, MIXED), validate=_losses(losses))
        if stop:
            with pytest.raises(Stopped):
                run.run()
            method = made(METHODS.get("mbd"), {})
            again = trainer(method, tmp_path / folder, plan=MIXED)
            dataclasses.replace(again, validate=_losses({4: losses[4]})).run()
        else:
            run.run()
        methods[folder] = method.state_dict()
    assert all(torch.equal(methods["whole"][name], value) for name, value in methods["stopped"].items())
    for folder in methods:
        lines = [json.loads(line) for line in (tmp_path / folder / "events.jsonl").open()]
        assert [e["lr"] / 0.05 for e in lines if e["event"] == "train"] == pytest.approx([1, 1, 1, 0.5, 0.25])
        assert [e["loss"] for e in lines if e["event"] == "validation"] == list(losses.values())


def _losses(by_epoch):
    values = iter(by_epoch.values())
    return lambda: next(values)


def test_a_run_stopped_after_its_last_step_is_tested_on_the_average(tmp_path):
    """The average replaces the weights in the last checkpoint, whichever session writes it."""
    entry, plan = METHODS.get("two_stream"), PLANS["tuned"]
    whole, stopped = made(entry, {}), made(entry, {})
    for folder in ("whole", "stopped"):
        (tmp_path / folder).mkdir()
    trainer(whole, tmp_path / "whole", plan=plan).run()
    with pytest.raises(Stopped):
        trainer(stopped, tmp_path / "stopped", STEPS, plan).run()
    resumed = made(entry, {})
    trainer(resumed, tmp_path / "stopped", plan=plan).run()
    kept = torch.load(tmp_path / "stopped" / "checkpoint.pt", weights_only=True)
    assert "average" not in kept
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
        assert torch.equal(kept["method"][name], value), name


def test_a_checkpoint_of_a_version_that_trained_other_parameters_is_one_line(tmp_path):
    """The optimizer once held a frozen teacher's parameters too: such a run starts again, and says so."""
    entry = METHODS.get("kd")
    with pytest.raises(Stopped):
        trainer(made(entry, {}), tmp_path, STOP_AFTER).run()
    path = tmp_path / "checkpoint.pt"
    tree = checkpoint.read(path)
    group = tree["optimizer"]["param_groups"][0]
    group["params"] = [*group["params"], len(group["params"])]
    checkpoint.save(path, tree)
    with pytest.raises(UserError, match=r"does not fit this version .* --restart$") as caught:
        trainer(made(entry, {}), tmp_path).run()
    assert "\n" not in str(caught.value)
