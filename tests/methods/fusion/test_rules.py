"""Fusion rules (MBD, equations 14, 15) against NumPy and their own convention."""

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import gmean

from backbones.base.registry import load
from methods.fusion.adaptive import Adaptive
from methods.fusion.average import Average
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Outputs, StreamOutputs
from methods.fusion.maximum import Maximum
from methods.fusion.product import Product

N, K = 9, 4
RNG = np.random.default_rng(1)


def stream(spread):
    logits = spread * RNG.normal(size=(N, K))
    rows = [torch.from_numpy(a).float() for a in (softmax(logits, axis=1), logits, RNG.normal(size=(N, 5)))]
    return StreamOutputs(*rows, map=None)


OUTPUTS = Outputs(local=stream(1.0), glob=stream(3.0))


@pytest.mark.parametrize("entry", [e for e in FUSIONS if not e.learned], ids=lambda entry: entry.name)
def test_every_rule_without_parameters_gives_probabilities(entry):
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


def by_numpy_adaptive(of, distance, temperature, weighting):
    """The weight of the local stream on each video, in loops."""
    m = []
    for side in (OUTPUTS.local, OUTPUTS.glob):
        rows = getattr(side, of).double().numpy()
        d = np.array([[np.sqrt(sum((z - e) ** 2)) for e in np.eye(K)] for z in rows])
        m.append(softmax(-(d**2 if distance == "squared" else d) / temperature, axis=1).max(axis=1))
    if weighting == "softmax":
        return np.exp(m[0]) / (np.exp(m[0]) + np.exp(m[1]))
    return m[0] / (m[0] + m[1])


@pytest.mark.parametrize("weighting", ["ratio", "softmax"])
@pytest.mark.parametrize(
    ("of", "distance", "temperature"),
    [
        ("scores", "euclidean", 1),
        ("logits", "euclidean", 1),
        ("scores", "squared", 0.5),
        ("logits", "squared", 3),
    ],
)
def test_what_adaptive_leaves_open_equals_numpy(of, distance, temperature, weighting):
    rule = Adaptive(weighting=weighting, of=of, distance=distance, temperature=temperature)
    expected = by_numpy_adaptive(of, distance, temperature, weighting)
    np.testing.assert_allclose(rule.weights(OUTPUTS)[:, 0].numpy(), expected, rtol=1e-5)
    fused = expected[:, None] * OUTPUTS.local.scores.numpy()
    fused += (1 - expected)[:, None] * OUTPUTS.glob.scores.numpy()
    np.testing.assert_allclose(rule.predict_proba(OUTPUTS).numpy(), fused, rtol=1e-5)


def test_softmax_weights_are_plain_averaging_at_400_classes():
    """m is at most 0.0102 there."""
    certain, uniform = torch.eye(400)[:1], torch.full((1, 400), 1 / 400)
    outputs = Outputs(*(StreamOutputs(z, z, torch.zeros(1, 1)) for z in (certain, uniform)))
    found = Adaptive(weighting="softmax").weights(outputs)[0].tolist()
    assert 0.5 < found[0] <= 0.502
    # 1 / (1 + exp(m_g - m_l)) with m = 4.08 / 400 and 1 / 400
    assert found[0] == pytest.approx(1 / (1 + np.exp(1 / 400 - 4.08 / 400)), abs=1e-5)


def test_adaptive_weights_stay_in_their_derived_range_at_400_classes():
    # papers.md 1.4: w in [0.197, 0.803] at C = 400; one stream certain, the other uniform.
    certain, uniform = torch.zeros(1, 400), torch.full((1, 400), 1 / 400)
    certain[0, 0] = 1
    empty = torch.zeros(1, 1)
    outputs = Outputs(
        StreamOutputs(certain, certain, empty, None), StreamOutputs(uniform, uniform, empty, None)
    )
    assert Adaptive().weights(outputs)[0].tolist() == pytest.approx([0.803, 0.197], abs=0.0005)


def test_max_by_hand():
    # Local (0.7, 0.2, 0.1), global (0.3, 0.3, 0.4): maxima 0.7, 0.3, 0.4, which sum to 1.4.
    rows = torch.tensor([[0.7, 0.2, 0.1]]), torch.tensor([[0.3, 0.3, 0.4]])
    local, glob = (StreamOutputs(row, row, row) for row in rows)
    proba = Maximum().predict_proba(Outputs(local, glob))
    np.testing.assert_allclose(proba.numpy(), [[0.5, 0.3 / 1.4, 0.4 / 1.4]], rtol=1e-6)


def test_product_is_scipys_geometric_mean_normalised():
    both = np.stack([OUTPUTS.local.scores.double().numpy(), OUTPUTS.glob.scores.double().numpy()])
    expected = gmean(both, axis=0)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Product().predict_proba(OUTPUTS).numpy(), expected, rtol=1e-5)


def test_product_of_a_score_rounded_to_zero_is_a_number():
    rows = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    local, glob = (StreamOutputs(row, row, row) for row in rows)
    np.testing.assert_allclose(Product().predict_proba(Outputs(local, glob)).numpy(), [[0.5, 0.5]])
