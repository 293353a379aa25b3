"""Every method of the registry, stopped after a few steps: what goes on ends as what was never stopped."""

import json

import pytest
import torch
from two_stage import TwoStage

from backbones.registry import load
from backbones.spec import InputSpec
from harness import device as devices
from harness import launch
from harness.config import TrainConfig
from harness.data.transform import normalise
from harness.events import Events
from harness.train import Stopped, Trainer
from methods.registry import METHODS

STEPS, STOP_AFTER, VIDEOS = 5, 2, 6
TRAIN = TrainConfig(epochs=1, batch_size=VIDEOS, lr=0.05)
FORMS = {
    "unidirectional": ({}, {"frozen": True}),
    "single": ({}, {"stream": "global"}),
    "genkd_teacher": ({}, {"stream": "global", "alternation": "step"}),
    "kd": tuple({"kind": kind} for kind in ("logits", "feature_norm", "simkd")),
    "stddcn": ({}, {"dense": False}),
}
CASES = [(entry, settings) for entry in METHODS for settings in FORMS.get(entry.name, ({},))]


class Stream(TwoStage):
    """With what has a state or draws at random: BatchNorm and dropout."""

    def __init__(self, width):
        super().__init__(width)
        self.norm, self.drop = torch.nn.BatchNorm3d(width), torch.nn.Dropout(0.5)

    @property
    def stages(self):
        return {"first": self.first, "second": lambda state: self.drop(self.norm(self.second(state)))}


def spec():
    return InputSpec(2, 1, (4, 4), 4, 4, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))


def batch(step):
    """What the loader gives at that step, whoever asks."""
    generator = torch.Generator().manual_seed(step)
    clip = {"size": (VIDEOS, 2, 4, 4, 3), "generator": generator, "dtype": torch.uint8}
    clips = {name: torch.randint(256, **clip) for name in ("local", "global")}
    return clips | {"label": torch.randint(3, (VIDEOS,), generator=generator), "failed": []}


def made(entry, settings):
    torch.manual_seed(0)
    method_class = load(entry.target)
    return method_class(Stream(4), Stream(6), method_class.Settings(**settings))


def trainer(method, folder, stop_after=None):
    asked = iter(range(1, STEPS + 1))
    return Trainer(
        fabric=launch.fabric(devices.Device("cpu", "fp32", "")),
        method=method,
        specs={name: spec() for name in ("local", "global") if name not in method.unused},
        train=TRAIN,
        seed=3,
        loader=lambda first: (batch(step) for step in range(first, STEPS)),
        names=[],
        steps=STEPS,
        per_epoch=1,  # so that genkd's two stages are both on each side of the stop
        path=folder / "checkpoint.pt",
        events=Events(folder / "events.jsonl", writes=True),
        show=lambda progress: None,
        stop_asked=lambda: next(asked) == stop_after,
    )


@torch.inference_mode()
def outputs(method):
    method.eval()
    clips = {name: batch(99)[name] for name in ("local", "global") if name not in method.unused}
    pixels = {name: normalise(clip, spec().mean, spec().std, torch.float32) for name, clip in clips.items()}
    return {name: value.logits for name, value in method(pixels).items()}


@pytest.mark.parametrize(("entry", "settings"), CASES, ids=lambda v: getattr(v, "name", None) or str(v))
def test_a_stopped_method_goes_on_as_if_never_stopped(entry, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.train.LOG_EVERY", 1)
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    whole = made(entry, settings)
    trainer(whole, tmp_path / "whole").run()
    with pytest.raises(Stopped):
        trainer(made(entry, settings), tmp_path / "stopped", STOP_AFTER).run()
    torch.manual_seed(123)  # a process that starts later draws otherwise, until the checkpoint is read
    resumed = made(entry, settings)
    with torch.no_grad():
        for parameter in resumed.parameters():
            parameter.add_(1)
    trainer(resumed, tmp_path / "stopped").run()
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
