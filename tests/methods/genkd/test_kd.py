"""The baselines of a frozen teacher: each term against NumPy, and whose classifier SimKD uses."""

import numpy as np
import pytest
import torch
from support import by_numpy
from support.two_stage import TwoStage, clips, features

from backbones.base.errors import UsageError
from backbones.building import build
from methods.genkd.kd import KD, feature_norm_kl, norm_temperature

RNG = np.random.default_rng(3)
STUDENT, TEACHER = 3 * RNG.normal(size=(4, 3)), 3 * RNG.normal(size=(4, 3))
EMBEDDED = RNG.normal(size=(4, 5)) * np.array([[0.01], [1], [5], [20]])
LABELS = torch.tensor([0, 1, 2, 0])


def make(**settings):
    torch.manual_seed(0)
    return KD(TwoStage(4), TwoStage(6), KD.Settings(**settings)).train()


def test_logits_kd():
    terms, _ = make(temperature=4.0, weight=0.5).losses(features(TEACHER), features(STUDENT), LABELS)
    assert set(terms) == {"global/ce", "global/kl"}
    assert terms["global/kl"].item() == pytest.approx(0.5 * by_numpy.kl(TEACHER, STUDENT, 4).mean())


def test_feature_norm_softens_where_the_norm_is_large():
    norms = np.linalg.norm(EMBEDDED, axis=1)
    expected = np.maximum(1, norms / 2)
    found = norm_temperature(torch.from_numpy(EMBEDDED), 2.0)[:, 0].numpy()
    np.testing.assert_allclose(found, expected)
    assert found.min() == 1 < found.max()


def test_feature_norm_kl_equals_numpy():
    theirs = np.maximum(1, np.linalg.norm(EMBEDDED[::-1], axis=1) / 2)[:, None]
    ours = np.maximum(1, np.linalg.norm(EMBEDDED, axis=1) / 2)[:, None]
    student = features(STUDENT, embedding=EMBEDDED)
    teacher = features(TEACHER, embedding=EMBEDDED[::-1].copy())
    expected = by_numpy.kl(TEACHER / theirs, STUDENT / ours, 1)
    np.testing.assert_allclose(feature_norm_kl(student, teacher, 2.0).numpy(), expected)
    terms, _ = make(kind="feature_norm").losses(teacher, student, LABELS)
    assert terms["global/kl"].item() == pytest.approx(9 * expected.mean())


def test_simkd_uses_the_teachers_classifier_and_no_labels():
    method = make(kind="simkd")
    given = clips(4)
    step = method(given, LABELS)
    assert set(step.losses) == {"global/simkd"}
    other = method(given, LABELS.flip(0)).losses["global/simkd"]
    assert step.losses["global/simkd"].item() == other.item()
    step.losses["global/simkd"].backward()
    assert all(p.grad is None for p in method.streams["local"].parameters())
    assert all(p.grad is not None for p in method.streams["global"].parameters())
    assert method.streams["global"].classifier.weight.grad.count_nonzero() == 0
    seen = method.eval()({"global": given["global"]})["global"]
    expected = method.streams["local"].classifier(seen.map.mean(dim=(2, 3, 4)))
    torch.testing.assert_close(seen.logits, expected)


def test_simkd_of_a_perfect_student_is_zero():
    method = make(kind="simkd")
    target = torch.randn(4, 4, 2, 4, 4)
    zero = torch.zeros(4, 3)
    teacher, student = features(zero), features(zero)
    teacher.map = target
    student.extras = {"projected": target.clone(), "own": zero}
    assert method.losses(teacher, student, LABELS)[0]["global/simkd"].item() == 0


def test_simkd_refuses_a_teacher_whose_classifier_sees_no_map():
    teacher = build("vtn:resnet10t", classes=3, frames=2, size=32, width=0.125)
    with pytest.raises(UsageError, match="take a 3D CNN as the local stream"):
        KD(teacher, TwoStage(6), KD.Settings(kind="simkd"))


def test_the_teacher_is_frozen():
    method = make()
    assert not method.streams["local"].training
    assert not any(p.requires_grad for p in method.streams["local"].parameters())
    assert set(method(clips(4), LABELS).losses) == {"global/ce", "global/kl"}


@pytest.mark.parametrize("setting", [{"temperature": 0}, {"largest_norm": -1}, {"weight": -0.1}])
def test_bad_settings_are_one_line(setting):
    with pytest.raises(UsageError, match="must be"):
        KD.Settings(**setting)
