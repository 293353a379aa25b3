"""MARS and MERS: losses by NumPy, and which parameters each term reaches."""

import numpy as np
import pytest
import torch
from support.two_stage import TwoStage

from backbones.base.errors import UsageError
from backbones.base.registry import load
from methods.catalogue import METHODS
from methods.check import check_method

LABELS = torch.tensor([0, 2, 1, 1])
CLASSIFIER = {"streams.global.classifier.weight", "streams.global.classifier.bias"}
NETWORK = {f"streams.global.{layer}.{part}" for layer in ("first", "second") for part in ("weight", "bias")}


def made(widths=(5, 5), **settings):
    method_class = load(METHODS.get("mars").target)
    torch.manual_seed(0)
    streams = [TwoStage(width) for width in widths]
    return method_class(*streams, method_class.Settings(**settings)).train()


def clips():
    generator = torch.Generator().manual_seed(1)
    shape = (len(LABELS), 3, 2, 4, 4)
    return {name: torch.randn(*shape, generator=generator) for name in ("local", "global")}


def embeddings(method):
    """Of both streams, as arrays (B, D); in float32, as losses are computed."""
    with torch.no_grad():
        return {name: method.stream(name)(clip).embedding.numpy() for name, clip in clips().items()}


def gradients(method, *terms):
    """Of the sum of these terms, all if none is given; parameters that it does not reach are left out."""
    losses = method(clips(), LABELS).losses
    method.zero_grad(set_to_none=True)
    sum(losses[name] for name in terms or losses).backward()
    return {name: p.grad for name, p in method.named_parameters() if p.grad is not None}


def cross_entropy(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    scores = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    return -np.log(scores[np.arange(len(LABELS)), LABELS.numpy()]).mean()


@pytest.mark.parametrize("variant", ["mars", "mers"])
@pytest.mark.parametrize("alpha", [0.0, 50.0])
def test_losses_by_numpy(variant, alpha):
    """Cross-entropy of the student, and alpha times the mean over videos and features of the squares."""
    method = made(variant=variant, alpha=alpha)
    found, layer = embeddings(method), method.glob.classifier
    logits = found["global"] @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    losses = method(clips(), LABELS).losses
    assert set(losses) == {"global/ce", "global/mse"}
    assert losses["global/ce"].item() == pytest.approx(cross_entropy(logits), rel=1e-5)
    squares = (found["global"] - found["local"]) ** 2
    assert losses["global/mse"].item() == pytest.approx(alpha * squares.mean(), rel=1e-5)


def test_each_video_of_the_control_imitates_another_one():
    method = made(shuffled=True)
    found = embeddings(method)
    squares = (found["global"] - found["local"][[3, 0, 1, 2]]) ** 2
    assert method(clips(), LABELS).losses["global/mse"].item() == pytest.approx(50 * squares.mean(), rel=1e-5)


def test_of_mars_both_terms_teach_the_network_and_none_the_teacher():
    method = made()
    assert set(gradients(method)) == NETWORK | CLASSIFIER
    assert set(gradients(method, "global/ce")) == NETWORK | CLASSIFIER
    assert set(gradients(method, "global/mse")) == NETWORK
    assert not method.local.training


def test_of_mers_the_labels_teach_the_classifier_alone():
    """Each gradient is that of MARS's own term."""
    mers, mars = made(variant="mers"), made()
    assert set(gradients(mers, "global/ce")) == CLASSIFIER
    assert set(gradients(mers, "global/mse")) == NETWORK
    found = gradients(mers)
    expected = {**gradients(mars, "global/mse")}
    expected |= {name: gradients(mars, "global/ce")[name] for name in CLASSIFIER}
    assert found.keys() == expected.keys()
    for name, gradient in found.items():
        torch.testing.assert_close(gradient, expected[name])


def test_phases_of_mers_train_the_network_first_and_then_its_classifier():
    method = made(variant="mers", schedule="phases")
    learned = []
    for step in range(6):
        method.begin(step, 6, 6)
        learned.append(set(gradients(method)))
    assert learned == [NETWORK] * 3 + [CLASSIFIER] * 3
    assert method.sometimes_idle
    assert not made(variant="mers").sometimes_idle


def test_unequal_widths_are_met_by_a_projection_that_learns():
    assert not list(made().match.parameters())
    method = made(widths=(4, 6))
    assert method.match.weight.shape == (4, 6)
    assert {"match.weight", "match.bias"} <= set(gradients(method, "global/mse"))


@pytest.mark.parametrize(
    "settings", [{}, {"variant": "mers"}, {"variant": "mers", "schedule": "phases"}, {"shuffled": True}]
)
def test_the_contract_of_methods(settings):
    method_class = load(METHODS.get("mars").target)
    assert [
        finding
        for finding in check_method(method_class, method_class.Settings(**settings))
        if not finding.holds
    ] == []


def test_what_cannot_be_is_one_line():
    with pytest.raises(UsageError, match=r"method\.alpha is -1; it must be 0 or more"):
        made(alpha=-1)

    class Tokens(TwoStage):
        def write(self, state, fmap):
            return fmap

    method_class = load(METHODS.get("mars").target)
    with pytest.raises(UsageError, match="what this student classifies is no plain map"):
        method_class(TwoStage(5), Tokens(5), method_class.Settings(variant="mers"))
