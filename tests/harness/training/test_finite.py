"""What is not finite after the last step is one line that names the layer; no number is made of it."""

import re

import pytest
import torch

from backbones.base.errors import UserError
from harness.training.finite import check_weights, first_layer


def test_weights_that_the_last_step_left():
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    check_weights(network, half=False)
    network[1].running_var[0] = float("inf")
    network[0].bias.data[1] = float("nan")
    with pytest.raises(
        UserError, match=r"\(after the last step, 0\.bias and 1 more\); try a smaller --lr or"
    ):
        check_weights(network, half=False)


def test_the_first_layer_of_the_pass():
    network = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.Tanh(), torch.nn.Linear(1, 1))
    network[2].weight.data.fill_(3e38)
    network[2].bias.data.fill_(3e38)
    network[0].weight.data.fill_(1e3)
    assert first_layer(network, lambda: network(torch.ones(1, 1))) == "2"
    assert first_layer(network, lambda: network(torch.zeros(1, 1))) == ""
    assert not any(layer._forward_hooks for layer in network)


def test_two_steps_at_a_rate_of_1000_are_a_line(tiny_run, no_costs, tmp_path):
    """They once ended in "not JSON compliant: nan", with NaN counted as right."""
    pairs = ("train.lr=1000", "train.epochs=1", "train.batch_size=8", "method.name=two_stream")
    with pytest.raises(UserError) as caught:
        tiny_run(*pairs, "method.fusion=average", out=tmp_path)
    assert re.fullmatch(
        r"training is not finite any more \(.+\); try a smaller --lr or .*", str(caught.value)
    )


def test_outputs_of_test_clips(tiny_run, no_costs, tmp_path, monkeypatch):
    """The weights are finite, and large enough for a network to overflow."""
    from harness.training import trainer

    def overflowing(method, half):
        parameter = dict(method.named_parameters())
        name = max(name for name in parameter if name.startswith("streams.global.") and "bias" in name)
        parameter[name].data.fill_(float("nan"))

    monkeypatch.setattr(trainer, "check_weights", overflowing)
    with pytest.raises(
        UserError, match=r"outputs of the global stream on test clips, first after its layer \w"
    ):
        tiny_run("train.epochs=1", out=tmp_path)
