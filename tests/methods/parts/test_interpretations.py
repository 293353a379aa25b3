"""Readings of MBD's equation (1) against loops in NumPy, hand-worked values and each other."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from support import by_numpy
from support.two_stage import features, make

from methods.mbd import MBD
from methods.parts.groups import by_dominance
from methods.parts.interpretations import INTERPRETATIONS
from methods.parts.prototypes import Prototypes

RNG = np.random.default_rng(5)
LOGITS = 2 * RNG.normal(size=(8, 5))
LABELS = np.array([0, 1, 1, 3, 3, 3, 0, 1])  # classes 2 and 4 are not in the batch
SCORES = torch.from_numpy(softmax(LOGITS, axis=1))


@pytest.mark.parametrize("reading", list(INTERPRETATIONS))
def test_reading_equals_numpy(reading):
    ours = INTERPRETATIONS[reading](SCORES, torch.from_numpy(LABELS)).numpy()
    np.testing.assert_allclose(ours, by_numpy.dominance(LOGITS, LABELS, reading), rtol=1e-12)


@pytest.mark.parametrize("reading", list(INTERPRETATIONS))
def test_batch_of_one(reading):
    labels = np.array([2])
    ours = INTERPRETATIONS[reading](SCORES[:1], torch.from_numpy(labels)).numpy()
    np.testing.assert_allclose(ours, by_numpy.dominance(LOGITS[:1], labels, reading), rtol=1e-12)
    if reading == "R2":
        assert ours.tolist() == [pytest.approx(1)]  # a bank of one label: nothing to choose from


@pytest.mark.parametrize("reading", list(INTERPRETATIONS))
def test_bfloat16_logits_are_read_in_float32(reading):
    logits = torch.from_numpy(LOGITS).bfloat16()
    found = INTERPRETATIONS[reading](torch.softmax(logits.float(), dim=-1), torch.from_numpy(LABELS))
    expected = by_numpy.dominance(logits.double().numpy(), LABELS, reading)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


def test_two_labels_by_hand():
    # z = (1/2, 1/2, 0), labels 0, 0, 2: distances sqrt(1/2), sqrt(1/2), sqrt(3/2).
    z = torch.tensor([[0.5, 0.5, 0.0]]).repeat(3, 1)
    labels = torch.tensor([0, 0, 2])
    near, far = math.exp(-math.sqrt(0.5)), math.exp(-math.sqrt(1.5))
    assert INTERPRETATIONS["R2"](z, labels)[0].item() == pytest.approx(near / (2 * near + far), rel=1e-6)
    assert INTERPRETATIONS["R5"](z, labels)[2].item() == pytest.approx(far / (2 * near + far), rel=1e-6)
    assert INTERPRETATIONS["R1"](z, labels)[0].item() == pytest.approx(near / (2 * near + far), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 12), st.integers(1, 9), st.integers(0, 2**31))
def test_bounds(classes, videos, seed):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.softmax(4 * torch.randn(videos, classes, generator=generator), dim=-1)
    labels = torch.randint(classes, (videos,), generator=generator)
    values = {name: reading(scores, labels) for name, reading in INTERPRETATIONS.items()}
    assert (values["R5"] <= values["R1"]).all()
    assert (values["R2"] >= 1 / videos - 1e-6).all()
    for value in values.values():
        assert value.shape == (videos,)
        assert ((value > 0) & (value <= 1 + 1e-6)).all()


def test_a_bank_of_each_class_once_is_all_classes():
    scores = SCORES[:5]
    torch.testing.assert_close(
        INTERPRETATIONS["R2"](scores, torch.arange(5)), INTERPRETATIONS["R1"](scores, torch.arange(5))
    )


@pytest.mark.parametrize(
    ("tie", "local", "glob"),
    [
        ("global", [True, False, False], [False, True, True]),
        ("local", [True, False, True], [False, True, False]),
        ("both", [True, False, True], [False, True, True]),
        ("neither", [True, False, False], [False, True, False]),
    ],
)
def test_ties(tie, local, glob):
    groups = by_dominance(torch.tensor([0.9, 0.2, 0.5]), torch.tensor([0.3, 0.4, 0.5]), tie)
    assert (groups.local.tolist(), groups.glob.tolist()) == (local, glob)


def test_prototypes_equal_numpy():
    kept = Prototypes(4, 3, momentum=0.75).double()
    first, second = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
    assert kept.dominance(torch.from_numpy(first)).tolist() == [1] * 4  # nothing to compare with yet
    kept.update(torch.from_numpy(first), torch.tensor([0, 0, 2, 0]))
    kept.update(torch.from_numpy(second), torch.tensor([2, 3, 2]))
    means = [first[[0, 1, 3]].mean(axis=0)]
    means += [0.75 * first[2] + 0.25 * second[[0, 2]].mean(axis=0), second[1]]
    np.testing.assert_allclose(kept.means[[0, 2, 3]].numpy(), means, rtol=1e-12)
    assert kept.seen.tolist() == [True, False, True, True]
    query = RNG.normal(size=(5, 3))
    expected = [by_numpy.distribution(f, means).max() for f in query]  # class 1 was never seen
    np.testing.assert_allclose(kept.dominance(torch.from_numpy(query)).numpy(), expected, rtol=1e-12)


def test_prototypes_are_read_before_they_are_updated_and_live_in_the_checkpoint():
    method = make(MBD, middle=False, reading="R6")
    local, glob = RNG.normal(size=(2, 4)), RNG.normal(size=(2, 6))
    first = method.dominance(
        features(LOGITS[:2, :3], embedding=local),
        features(LOGITS[:2, :3], embedding=glob),
        torch.tensor([0, 2]),
    )
    assert first["local"].tolist() == first["global"].tolist() == [1, 1]
    np.testing.assert_allclose(method.local_prototypes.means[[0, 2]].numpy(), local)
    assert "global_prototypes.means" in method.state_dict()
