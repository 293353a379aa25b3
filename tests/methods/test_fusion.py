"""Fusion rules (MBD, equations 14, 15) against NumPy and their own convention."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

from backbones.registry import load
from methods.fusion.adaptive import Adaptive
from methods.fusion.average import Average
from methods.fusion.contract import Outputs, StreamOutputs
from methods.registry import FUSIONS

N, K = 9, 4
RNG = np.random.default_rng(1)


def stream(spread):
    logits = spread * RNG.normal(size=(N, K))
    rows = [torch.from_numpy(a).float() for a in (softmax(logits, axis=1), logits, RNG.normal(size=(N, 5)))]
    return StreamOutputs(*rows, map=None)


OUTPUTS = Outputs(local=stream(1.0), glob=stream(3.0))


@pytest.mark.parametrize("entry", list(FUSIONS), ids=lambda entry: entry.name)
def test_every_rule_gives_probabilities(entry):
    rule = load(entry.target)()
    labels = torch.arange(N) % K
    proba = rule.fit(OUTPUTS, labels).predict_proba(OUTPUTS)
    assert proba.shape == (N, K)
    torch.testing.assert_close(proba.sum(dim=1), torch.ones(N))
    assert (proba >= 0).all()
    weights = rule.weights(OUTPUTS)
    if weights is not None:
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(N))


def test_average_is_the_mean():
    expected = (OUTPUTS.local.scores.numpy() + OUTPUTS.glob.scores.numpy()) / 2
    np.testing.assert_allclose(Average().predict_proba(OUTPUTS).numpy(), expected, rtol=1e-6)


def test_adaptive_equals_numpy():
    def maximum(z):
        d = np.linalg.norm(z[:, None, :] - np.eye(K)[None], axis=2)
        return softmax(-d, axis=1).max(axis=1)

    local, glob = OUTPUTS.local.scores.double().numpy(), OUTPUTS.glob.scores.double().numpy()
    m_local, m_global = maximum(local), maximum(glob)
    w = (m_local / (m_local + m_global))[:, None]
    expected = w * local + (1 - w) * glob
    np.testing.assert_allclose(Adaptive().predict_proba(OUTPUTS).numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(Adaptive().weights(OUTPUTS)[:, :1].numpy(), w, rtol=1e-5)


def test_adaptive_weights_stay_in_their_derived_range_at_400_classes():
    # papers.md 1.4: w in [0.197, 0.803] at C = 400; one stream certain, the other uniform.
    certain, uniform = torch.zeros(1, 400), torch.full((1, 400), 1 / 400)
    certain[0, 0] = 1
    empty = torch.zeros(1, 1)
    outputs = Outputs(
        StreamOutputs(certain, certain, empty, None), StreamOutputs(uniform, uniform, empty, None)
    )
    assert Adaptive().weights(outputs)[0].tolist() == pytest.approx([0.803, 0.197], abs=0.0005)
