"""The baselines' terms by hand: SimKD's difference of maps, its projector, and the weight of each kind."""

import numpy as np
import pytest
import torch
from support import by_numpy
from support.two_stage import TwoStage, clips, features
from torch import nn

from backbones.base.errors import UsageError
from methods.genkd.kd import KD, Projector, norm_temperature

RNG = np.random.default_rng(11)
LABELS = torch.tensor([0, 1, 2, 0])
# The teacher's map has 4 steps of time and the student's 2: pairs of steps are averaged.
TARGET, PROJECTED = RNG.normal(size=(4, 3, 4, 2, 2)), RNG.normal(size=(4, 3, 2, 2, 2))
OWN = 100 + RNG.normal(size=(4, 3))


def make(**settings):
    torch.manual_seed(0)
    return KD(TwoStage(4), TwoStage(6), KD.Settings(**settings)).train()


def simkd(**settings):
    """(the term, the student's projected map, its own classifier's logits)"""
    teacher, student = features(np.zeros((4, 3))), features(np.zeros((4, 3)))
    teacher.map = torch.tensor(TARGET, dtype=torch.float32)
    projected = torch.tensor(PROJECTED, dtype=torch.float32, requires_grad=True)
    own = torch.tensor(OWN, dtype=torch.float32, requires_grad=True)
    student.extras = {"projected": projected, "own": own}
    terms, stats = make(kind="simkd", **settings).losses(teacher, student, LABELS)
    assert (set(terms), stats) == ({"global/simkd"}, {})
    return terms["global/simkd"], projected, own


@pytest.mark.parametrize(("settings", "weight"), [({}, 1.0), ({"weight": 0.5}, 0.5), ({"weight": 3}, 3.0)])
def test_simkd_is_the_mean_squared_difference_of_the_maps(settings, weight):
    coarse = TARGET.reshape(4, 3, 2, 2, 2, 2).mean(axis=3)
    value, projected, own = simkd(**settings)
    assert value.item() == pytest.approx(weight * ((PROJECTED - coarse) ** 2).mean(), rel=1e-5)
    value.backward()
    by_hand = 2 * weight * (PROJECTED - coarse) / PROJECTED.size
    np.testing.assert_allclose(projected.grad.numpy(), by_hand, atol=1e-6)
    assert own.grad.tolist() == torch.zeros(4, 3).tolist()  # there, but zero: DDP goes on


def test_simkds_projector_has_the_published_units():
    """1x1, 3x3, 1x1 convolutions without bias, half the teacher's channels inside; each normed, then ReLU."""
    layers = list(Projector(6, 8))
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv3d)]
    said = [(c.in_channels, c.out_channels, c.kernel_size, c.padding) for c in convolutions]
    assert said == [
        (6, 4, (1, 1, 1), (0, 0, 0)),
        (4, 4, (3, 3, 3), (1, 1, 1)),
        (4, 8, (1, 1, 1), (0, 0, 0)),
    ]
    assert all(c.bias is None for c in convolutions)
    assert [type(layer).__name__ for layer in layers[1::3] + layers[2::3]] == ["BatchNorm3d"] * 3 + [
        "ReLU"
    ] * 3
    assert Projector(6, 8)(torch.zeros(2, 6, 3, 5, 5)).shape == (2, 8, 3, 5, 5)
    assert [c.out_channels for c in Projector(6, 1) if isinstance(c, nn.Conv3d)] == [1, 1, 1]
    assert [c.out_channels for c in Projector(2, 5) if isinstance(c, nn.Conv3d)] == [2, 2, 5]


def test_simkds_projector_takes_the_students_channels_to_the_teachers():
    convolutions = [layer for layer in make(kind="simkd").projector if isinstance(layer, nn.Conv3d)]
    assert (convolutions[0].in_channels, convolutions[-1].out_channels) == (6, 4)


@pytest.mark.parametrize(("kind", "weight"), [("logits", 1.0), ("feature_norm", 9.0), ("simkd", 1.0)])
def test_the_weight_that_each_kind_has_by_itself(kind, weight):
    assert KD.Settings(kind=kind).own_weight == weight
    assert KD.Settings(kind=kind, weight=0).own_weight == 0
    assert KD.Settings(kind=kind, weight=2.5).own_weight == 2.5


def test_logits_kd_by_itself_is_hintons_at_temperature_4():
    student, teacher = 3 * RNG.normal(size=(4, 3)), 3 * RNG.normal(size=(4, 3))
    terms, stats = make().losses(features(teacher), features(student), LABELS)
    assert terms["global/kl"].item() == pytest.approx(by_numpy.kl(teacher, student, 4).mean())
    rows = student - np.log(np.exp(student).sum(axis=1, keepdims=True))
    assert terms["global/ce"].item() == pytest.approx(-rows[np.arange(4), LABELS].mean())
    assert stats == {}


def test_a_norm_of_exactly_the_largest_softens_nothing():
    embedding = torch.tensor([[3.0, 4.0], [6.0, 8.0], [0.0, 0.0]])
    assert norm_temperature(embedding, 5.0).tolist() == [[1.0], [2.0], [1.0]]


def test_only_the_student_makes_a_graph():
    method = make()
    found = method.features(clips(4), train=True)
    assert not found["local"].logits.requires_grad
    assert found["global"].logits.requires_grad
    with torch.no_grad():
        assert not method.features(clips(4), train=False)["global"].logits.requires_grad


def test_a_teacher_stays_in_evaluation_mode_through_training():
    method = make()
    assert method.train() is method
    assert (method.training, method.streams["global"].training) == (True, True)
    assert not method.streams["local"].training
    assert method.eval().streams["global"].training is False


@pytest.mark.parametrize("kind", ["logits", "feature_norm"])
def test_only_simkd_has_a_projector(kind):
    assert not hasattr(make(kind=kind), "projector")


@pytest.mark.parametrize("name", ["temperature", "largest_norm"])
def test_what_divides_must_be_above_zero(name):
    with pytest.raises(UsageError, match=rf"method.{name} is 0; it must be above 0"):
        KD.Settings(**{name: 0})
    assert getattr(KD.Settings(**{name: 1e-3}), name) == 1e-3
