"""Dominance (MBD, equations 1, 2) against NumPy, hand-worked values and its bounds."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from methods.parts.dominance import distance_distribution, dominance, label_distances


def by_numpy(scores):
    """Equation (1), R1, the slow way: one-hot labels, Euclidean norms, softmax of minus them."""
    labels = np.eye(scores.shape[1])
    distances = np.array([[np.linalg.norm(z - label) for label in labels] for z in scores])
    weights = np.exp(-distances)
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 5, 51])
def test_distribution_equals_numpy(classes):
    scores = np.random.default_rng(classes).dirichlet(np.ones(classes) * 0.3, size=7)
    ours = distance_distribution(torch.from_numpy(scores)).numpy()
    np.testing.assert_allclose(ours, by_numpy(scores), rtol=1e-10)


def test_one_hot_by_hand():
    # z = e_1 of 3 classes: distances 0, sqrt 2, sqrt 2.
    expected = 1 / (1 + 2 * math.exp(-math.sqrt(2)))
    assert dominance(torch.tensor([[1.0, 0.0, 0.0]])).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("top", "scaled"),
    [(1 / 400, 1.00), (0.3, 1.41), (0.5, 1.85), (0.7, 2.50), (0.9, 3.45), (0.99, 4.01), (1, 4.08)],
)
def test_published_arithmetic_at_400_classes(top, scaled):
    # papers.md 1.4: C*m for the top probability p and the rest uniform, worked out by a separate script.
    scores = torch.full((1, 400), (1 - top) / 399, dtype=torch.float64)
    scores[0, 7] = top
    assert 400 * dominance(scores).item() == pytest.approx(scaled, abs=0.005)


def test_distance_is_not_squared():
    assert label_distances(torch.tensor([[0.0, 1.0]]))[0].tolist() == pytest.approx([math.sqrt(2), 0.0])


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**31))
def test_bounds_and_sum(classes, seed):
    scores = F.softmax(5 * torch.randn(4, classes, generator=torch.Generator().manual_seed(seed)), dim=-1)
    p = distance_distribution(scores)
    torch.testing.assert_close(p.sum(dim=1), torch.ones(4))
    assert (dominance(scores) >= 1 / classes - 1e-6).all()
    assert (p.argmax(dim=1) == scores.argmax(dim=1)).all()
