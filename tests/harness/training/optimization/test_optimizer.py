"""The optimizers of a run: AdamW and clipping by NumPy, rates of layers and decay by hand."""

import numpy as np
import pytest
import torch
from support.short_training import made
from support.two_stage import make

from backbones.base.streams import PerStream
from harness.config.resolve import resolve
from harness.data.clips.dataset import TrainSampling
from harness.data.clips.schedule import TrainingSchedule
from harness.training.optimization.optimizer import Optimization, clip_gradients
from harness.training.optimization.rates import RateFactors
from harness.training.plan import training_plan
from methods.catalogue import METHODS
from methods.mbd import MBD
from methods.two_stream import TwoStream


def optimization(*pairs):
    given = {"method": {"name": "two_stream"}, "data": {"dataset": "ucf101", "split": "1"}}
    config = resolve("paper", given, pairs)
    return training_plan(config, TrainingSchedule(100, 10, 1), TrainSampling(0)).optimization


def test_settings_reach_the_optimizer():
    chosen = optimization(
        *("train.optimizer=adamw", "train.layer_decay=0.5", "train.decay_norms=false", "train.ema=0.9"),
        *("train.clip_norm=2", "local.lr_factor=3"),
    )
    assert (chosen.name, chosen.decay_norms, chosen.clip_norm, chosen.ema) == ("adamw", False, 2, 0.9)
    assert chosen.factors == PerStream(RateFactors(3, 1, 0.5), RateFactors(1, 1, 0.5))


def test_by_default_nothing_is_new():
    chosen = optimization()
    assert (chosen.name, chosen.decay_norms, chosen.clip_norm, chosen.ema) == ("sgd", True, None, 0)
    (optimizer,) = chosen.optimizers(make(TwoStream))
    assert type(optimizer) is torch.optim.SGD
    assert len(optimizer.param_groups) == 1


def test_each_layer_has_the_rate_of_the_next_times_the_decay():
    """TwoStage has three layers: first, second, classifier."""
    factors = PerStream(RateFactors(1, 4, 0.5), RateFactors(3, 1, 0.1))
    method = make(MBD)
    (optimizer,) = Optimization(0.08, 0.9, 0.0, factors=factors).optimizers(method)
    rate = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    found = {name: rate[id(p)] for name, p in method.named_parameters() if name.endswith("weight")}
    others = {name for name in found if not name.startswith("streams.")}
    assert others
    assert found == pytest.approx(
        {
            "streams.local.first.weight": 0.02,
            "streams.local.second.weight": 0.04,
            "streams.local.classifier.weight": 0.32,
            "streams.global.first.weight": 0.0024,
            "streams.global.second.weight": 0.024,
            "streams.global.classifier.weight": 0.08,
        }
        | dict.fromkeys(others, 0.08)  # what the method itself learns
    )


def test_weight_decay_spares_what_has_one_axis():
    method = made(METHODS.get("two_stream"), {})
    (optimizer,) = Optimization(0.1, 0.9, 0.01, decay_norms=False).optimizers(method)
    decay = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    spared = {name for name, p in method.named_parameters() if decay[id(p)] == 0}
    parts = ("first.bias", "second.bias", "norm.weight", "norm.bias", "classifier.bias")
    assert spared == {f"streams.{stream}.{part}" for stream in ("local", "global") for part in parts}
    assert set(decay.values()) == {0, 0.01}


def test_two_steps_of_adamw_by_numpy():
    """Decoupled weight decay (Loshchilov & Hutter, ICLR 2019), betas 0.9 and 0.999."""
    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = Optimization(0.1, 0.5, 0.2, name="adamw").build([parameter])
    value, mean, square = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for step, gradient in enumerate(np.array([[0.5, -1.0], [2.0, 0.25]]), 1):
        parameter.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        value = value * (1 - 0.1 * 0.2)
        value -= 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        np.testing.assert_allclose(parameter.detach(), value, rtol=1e-5)


def test_three_steps_of_dampened_momentum_by_hand():
    """v = g of the first step, then v = 0.9 v + (1 - 0.9) g; the weight moves by -0.5 v.

    Gradients 1, 2, -1: v is 1, 0.9 + 0.2 = 1.1 and 0.99 - 0.1 = 0.89.
    """
    parameter = torch.nn.Parameter(torch.tensor([4.0]))
    optimizer = optimization("train.dampening=0.9", "train.lr=0.5", "train.weight_decay=0").build([parameter])
    for gradient, value in ((1.0, 3.5), (2.0, 2.95), (-1.0, 2.505)):
        parameter.grad = torch.tensor([gradient])
        optimizer.step()
        assert parameter.item() == pytest.approx(value)


def test_a_method_of_two_optimizers_keeps_its_own():
    first, second = Optimization(0.1, 0.9, 0.01, name="adamw").optimizers(made(METHODS.get("genkd"), {}))
    assert (type(first), type(second)) == (torch.optim.AdamW, torch.optim.Adam)
    assert second.param_groups[0]["betas"] == (0.8, 0.999)


def test_the_gradient_of_each_stream_is_clipped_by_itself():
    method = make(MBD)
    generator = np.random.default_rng(0)
    scale = {"streams.local": 0.001, "streams.global": 10.0, "align": 3.0}
    given = {}
    for name, parameter in method.named_parameters():
        part = next(prefix for prefix in scale if name.startswith(prefix))
        given[name] = generator.normal(size=tuple(parameter.shape)) * scale[part]
        parameter.grad = torch.tensor(given[name])
    clip_gradients(method, 1.5)
    for prefix in scale:
        own = {name: gradient for name, gradient in given.items() if name.startswith(prefix)}
        norm = np.sqrt(sum((gradient**2).sum() for gradient in own.values()))
        assert bool(norm > 1.5) is (prefix != "streams.local")
        for name, gradient in own.items():
            clipped = method.get_parameter(name).grad
            np.testing.assert_allclose(clipped, gradient * min(1.0, 1.5 / norm), rtol=1e-5)
