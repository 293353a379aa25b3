"""The moving average of weights against NumPy, also through the trainer."""

import dataclasses

import numpy as np
import torch
from support.short_training import PLAN, made, trainer

from harness.training.optimization import average as averaging
from harness.training.optimization.average import WeightAverage
from methods.catalogue import METHODS


def by_numpy(decay, states):
    """The average after the first state was there from the start and each other one was taken in."""
    mean = np.array(states[0], np.float64)
    for n, state in enumerate(states[1:]):
        own = min(decay, (1 + n) / (10 + n))
        mean = own * mean + (1 - own) * np.array(state)
    return mean


def norm(mean, batches):
    layer = torch.nn.BatchNorm1d(2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(mean))
        layer.running_mean.copy_(-torch.tensor(mean))
        layer.num_batches_tracked.fill_(batches)
    return layer


def test_weights_and_batchnorms_statistics_are_averaged_and_counts_copied():
    # At 0.2 the rise 1/10, 2/11, 3/12 is cut after two updates.
    states = [[0.0, 4.0], [1.0, -2.0], [8.0, 0.5], [-3.0, 0.25], [2.0, 2.0]]
    average = WeightAverage(norm(states[0], 0), 0.2)
    for batches, state in enumerate(states[1:], 1):
        average.update(norm(state, batches))
    layer = norm([9.0, 9.0], 9)
    average.give(layer)
    expected = by_numpy(0.2, states)
    np.testing.assert_allclose(layer.weight.detach(), expected, rtol=1e-6)
    np.testing.assert_allclose(layer.running_mean, -expected, rtol=1e-6)
    assert layer.num_batches_tracked == 4


def test_the_average_goes_on_from_a_checkpoint(tmp_path):
    average = WeightAverage(norm([1.0, 2.0], 0), 0.5)
    average.update(norm([3.0, 5.0], 1))
    torch.save(average.state(), tmp_path / "kept.pt")
    resumed = WeightAverage(norm([0.0, 0.0], 0), 0.5)
    resumed.load(torch.load(tmp_path / "kept.pt", weights_only=True))
    for each in (average, resumed):
        each.update(norm([-1.0, 0.0], 2))
    assert resumed.updates == 2
    assert all(torch.equal(resumed.tensors[name], tensor) for name, tensor in average.tensors.items())


def test_a_training_ends_with_the_average_of_its_weights(tmp_path, monkeypatch):
    seen = []
    update = averaging.WeightAverage.update

    def watched(self, method):
        seen.append({name: tensor.double().numpy().copy() for name, tensor in method.state_dict().items()})
        update(self, method)

    monkeypatch.setattr(averaging.WeightAverage, "update", watched)
    method = made(METHODS.get("two_stream"), {})
    seen.append({name: tensor.double().numpy().copy() for name, tensor in method.state_dict().items()})
    plan = dataclasses.replace(PLAN, optimization=dataclasses.replace(PLAN.optimization, ema=0.9))
    trainer(method, tmp_path, plan=plan).run()
    last = seen[-1]
    for name, tensor in method.state_dict().items():
        expected = (
            by_numpy(0.9, [state[name] for state in seen]) if tensor.is_floating_point() else last[name]
        )
        np.testing.assert_allclose(tensor.double(), expected, rtol=1e-5, atol=1e-7)
    assert not np.allclose(
        method.state_dict()["streams.local.first.weight"], last["streams.local.first.weight"]
    )
