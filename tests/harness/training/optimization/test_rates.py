"""Learning rates: the schedule against torch's own, those of streams and classifiers by hand."""

import pytest
import torch

from harness.config.resolve import resolve
from harness.data.clips.dataset import TrainSampling
from harness.data.clips.schedule import TrainingSchedule
from harness.training.optimization.rates import learning_rate, rate_factors, scale_rates
from harness.training.plan import training_plan

DATA = ["data.dataset=ucf101", "data.split='1'", "local.backbone=r2plus1d50"]
FACTORS = [f"{stream}.{rate}" for stream in ("local", "global") for rate in ("lr_factor", "head_lr_factor")]


def test_cosine_equals_torch():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=17)
    for step in range(17):
        assert learning_rate(step, 17, 0.3, 0) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


def test_warm_up_by_hand():
    # 4 steps up: 1/4, 2/4, 3/4, 1 of the cosine's value.
    for step, part in enumerate((0.25, 0.5, 0.75, 1.0, 1.0)):
        assert learning_rate(step, 10, 0.1, 4) == pytest.approx(part * learning_rate(step, 10, 0.1, 0))


def test_streams_with_rates_of_their_own_do_not_follow_the_common_one(make_tiny, tmp_path):
    plain = ["method.name=two_stream", "method.fusion=average", "train.epochs=1"]
    own = [f"{rate}=0.5" for rate in FACTORS]
    common, each = (
        torch.load(make_tiny(*plain, *pairs, out=tmp_path).checkpoint, weights_only=True)["method"]
        for pairs in (["train.lr=0.04", *(f"{rate}=1" for rate in FACTORS)], ["train.lr=0.08", *own])
    )
    for name, tensor in common.items():
        torch.testing.assert_close(each[name], tensor, rtol=1e-3, atol=1e-5)


class SimpleStreams(torch.nn.Module):
    def stream(self, name):
        return self.streams[name]


def test_parameters_of_each_rate_by_hand():
    body = {"local": torch.nn.Linear(2, 3), "global": torch.nn.Linear(3, 1)}
    method = SimpleStreams()
    method.streams = torch.nn.ModuleDict()
    for name, layer in body.items():
        method.streams[name] = torch.nn.ModuleDict({"body": layer, "fc": torch.nn.Linear(4, 7)})
        method.streams[name].classes = 7
    method.stream = lambda name: method.streams[name]
    method.extra = torch.nn.Parameter(torch.zeros(5))
    pairs = ["global.lr_factor=0.5", "global.head_lr_factor=0.1", "local.head_lr_factor=2"]
    config = resolve("paper", {"method": {"name": "mbd"}}, [*DATA, *pairs])
    plan = training_plan(config, TrainingSchedule(100, 10, 1), TrainSampling(0))
    optimizer = torch.optim.SGD(method.parameters(), lr=0.06, momentum=0.9, nesterov=True)
    scale_rates(optimizer, rate_factors(method, plan.optimization.factors))
    found = {group["lr"]: sum(p.numel() for p in group["params"]) for group in optimizer.param_groups}
    assert found == pytest.approx(
        {
            0.06: 9 + 5,  # the local body and what the method itself learns
            0.12: 35,  # the local classifier
            0.03: 4,
            0.006: 35,
        }
    )
    assert all(group["nesterov"] for group in optimizer.param_groups)
