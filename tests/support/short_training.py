"""A few steps of the real trainer with any method, on two tiny streams that draw at random."""

import torch

from backbones.base.registry import load
from backbones.spec import InputSpec
from harness.data.clips.dataset import TrainSampling
from harness.data.clips.network_input import NetworkInput
from harness.data.clips.schedule import TrainingSchedule
from harness.record.events import Events
from harness.training import device as devices
from harness.training.distributed import processes as launch
from harness.training.optimization.optimizer import Optimization
from harness.training.plan import TrainingPlan
from harness.training.state import CheckpointPolicy
from harness.training.trainer import Trainer
from methods.catalogue import METHODS
from support.two_stage import TwoStage

STEPS, STOP_AFTER, VIDEOS = 5, 2, 6
CPU = devices.Device("cpu", "fp32", "")
# One step an epoch, so that genkd's two phases are both on each side of the stop.
PLAN = TrainingPlan(
    schedule=TrainingSchedule(videos=VIDEOS, batch_size=VIDEOS, epochs=STEPS),
    optimization=Optimization(lr=0.05, momentum=0.9, weight_decay=1e-4),
    sampling=TrainSampling(seed=3),
    micro_batch=VIDEOS,
)
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

    def __init__(self, width, dropout=0.5):
        super().__init__(width)
        self.norm, self.drop = torch.nn.BatchNorm3d(width), torch.nn.Dropout(dropout)

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


def made(entry, settings, *, dropout=0.5):
    torch.manual_seed(0)
    method_class = load(entry.target)
    return method_class(Stream(4), Stream(6, dropout), method_class.Settings(**settings))


def trainer(method, folder, stop_after=None, plan=PLAN, device=CPU):
    asked = iter(range(1, STEPS + 1))
    specs = {name: spec() for name in ("local", "global") if name not in method.unused}
    return Trainer(
        fabric=launch.fabric(device),
        method=method,
        plan=plan,
        inputs=NetworkInput(specs, torch.device(device.kind)),
        loader=lambda first: (batch(step) for step in range(first, STEPS)),
        names=[],
        checkpoints=CheckpointPolicy(folder / "checkpoint.pt"),
        events=Events(folder / "events.jsonl", writes=True),
        report=lambda progress: None,
        stop_asked=lambda: next(asked) == stop_after,
    )
