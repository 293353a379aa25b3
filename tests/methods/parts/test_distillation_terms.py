"""Distillation's terms where two streams are as unlike as they may be: names, weights, stages, decisions."""

import numpy as np
import pytest
import torch
from support import by_numpy
from support.two_stage import TwoStage, clips, features, make

from backbones.base.errors import UsageError
from backbones.base.streams import PerStream
from methods.mbd import MBD
from methods.mutual import Mutual
from methods.parts.distillation_losses import final_per_video, kl_per_video, mse_per_video, squared_difference
from methods.parts.dominance import distance_distribution, dominance, label_distances
from methods.parts.interpretations import INTERPRETATIONS
from methods.parts.projection import Alignment, projection
from methods.random_dominance import RandomDominance
from methods.unidirectional import Unidirectional

RNG = np.random.default_rng(13)
STUDENT, TEACHER = 2 * RNG.normal(size=(5, 3)), 2 * RNG.normal(size=(5, 3))
LABELS = torch.tensor([0, 1, 2, 0, 1])


def t(array):
    return torch.from_numpy(np.asarray(array))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature", [1.0, 2.0, 0.5])
def test_each_kind_of_final_loss(temperature):
    kl = by_numpy.kl(TEACHER, STUDENT, temperature)
    p, q = softmax(TEACHER / temperature), softmax(STUDENT / temperature)
    expected = {
        ("kl", True): kl,
        ("kl", False): kl / temperature**2,
        ("mse", True): ((STUDENT - TEACHER) ** 2).sum(axis=1) / 3,
        ("mse_scores", True): ((q - p) ** 2).sum(axis=1) / 3,
        ("mse_scores", False): ((q - p) ** 2).sum(axis=1) / 3,
    }
    for (kind, squared), values in expected.items():
        found = final_per_video(t(STUDENT), t(TEACHER), kind, temperature, squared)
        np.testing.assert_allclose(found.numpy(), values, err_msg=kind)


@pytest.mark.parametrize("kind", ["kl", "mse", "mse_scores"])
def test_the_teacher_is_a_constant(kind):
    student, teacher = t(STUDENT).requires_grad_(), t(TEACHER).requires_grad_()
    final_per_video(student, teacher, kind, 2.0, True).sum().backward()
    assert teacher.grad is None
    assert student.grad.abs().sum() > 0


def test_t_squared_is_how_kl_is_meant():
    np.testing.assert_allclose(
        kl_per_video(t(STUDENT), t(TEACHER), 3.0).numpy(), by_numpy.kl(TEACHER, STUDENT, 3)
    )


def test_where_both_sides_learn_both_get_gradients():
    one, other = t(STUDENT).requires_grad_(), t(TEACHER).requires_grad_()
    squared_difference(one, other).sum().backward()
    np.testing.assert_allclose(one.grad.numpy(), 2 * (STUDENT - TEACHER) / 3)
    np.testing.assert_allclose(other.grad.numpy(), -one.grad.numpy())
    np.testing.assert_allclose(
        mse_per_video(t(STUDENT), t(TEACHER)).numpy(), ((STUDENT - TEACHER) ** 2).mean(axis=1)
    )


@pytest.mark.parametrize(("kind", "term"), [("kl", "kl"), ("mse", "final-mse"), ("mse_scores", "final-mse")])
def test_final_terms_are_named_by_what_they_are(kind, term):
    method = make(Mutual, middle=False, final_loss=kind, kl_weight=0.5, local_kl_weight=2.0)
    terms, stats = method.losses(features(STUDENT), features(TEACHER), LABELS)
    assert list(terms) == ["local/ce", "global/ce", f"local/{term}", f"global/{term}"]
    assert stats == {}
    expected = {
        "kl": by_numpy.kl(TEACHER, STUDENT, 1),
        "mse": by_numpy.mse(STUDENT, TEACHER),
        "mse_scores": by_numpy.mse(softmax(STUDENT), softmax(TEACHER)),
    }[kind]
    assert terms[f"local/{term}"].item() == pytest.approx(2.0 * expected.mean())


def test_what_is_switched_off_is_not_there():
    method = make(MBD, final=False, middle=False)
    assert not hasattr(method, "align")
    assert method.wanted() == PerStream((), ())
    assert list(method.losses(features(STUDENT), features(TEACHER), LABELS)[0]) == ["local/ce", "global/ce"]
    assert make(MBD).wanted() == PerStream(("first",), ("first",))
    chosen = make(MBD, local_middle="second").wanted()
    assert chosen == PerStream(("second",), ("first",))


@pytest.mark.parametrize(("setting", "other"), [("local_middle", "global"), ("global_middle", "local")])
def test_a_stage_that_there_is_not(setting, other):
    with pytest.raises(
        UsageError, match=rf"method.{setting} is 'last'; this backbone's stages are first, second"
    ):
        make(MBD, **{setting: "last"})


@pytest.mark.parametrize(
    ("side", "student", "teacher"),
    [("student", (7, 4), None), ("teacher", None, (4, 7)), ("both", (4, 4), (4, 7))],
)
def test_whose_features_are_projected(side, student, teacher):
    """A student of width 4, a teacher of width 7: (out, in) of each linear layer, or nothing."""
    part = Alignment(4, 7, "linear", side)
    said = [getattr(layer, "weight", None) for layer in (part.student, part.teacher)]
    shapes = [None if weight is None else tuple(weight.shape) for weight in said]
    assert shapes == [student, teacher]
    found = part(torch.ones(3, 4), torch.ones(3, 7))
    assert found.shape == (3,)


def test_forms_of_a_projection():
    names = {
        form: [type(layer).__name__ for layer in projection(3, 5, form)]
        for form in ("linear+norm", "two-layer")
    }
    assert names == {"linear+norm": ["Linear", "LayerNorm"], "two-layer": ["Linear", "GELU", "Linear"]}
    shapes = [
        tuple(layer.weight.shape) for layer in projection(3, 5, "two-layer") if hasattr(layer, "weight")
    ]
    assert shapes == [(5, 3), (5, 5)]
    assert tuple(projection(3, 5, "linear").weight.shape) == (5, 3)


def test_distances_to_labels_by_norms():
    scores = softmax(STUDENT)
    expected = [[np.linalg.norm(z - label) for label in np.eye(3)] for z in scores]
    np.testing.assert_allclose(label_distances(t(scores)).numpy(), expected)
    np.testing.assert_allclose(label_distances(torch.eye(3)).numpy(), np.sqrt(2) * (1 - np.eye(3)), atol=1e-7)
    weights = np.exp(-np.array(expected))
    distribution = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(distance_distribution(t(scores)).numpy(), distribution)
    np.testing.assert_allclose(dominance(t(scores)).numpy(), distribution.max(axis=1))


def test_rounding_makes_no_distance_imaginary():
    """A sure score that rounding lifts over 1 is at its label."""
    scores = torch.tensor([[1.0000001, 0.0]])
    assert not label_distances(scores).isnan().any()
    assert dominance(scores).item() == pytest.approx(1 / (1 + np.exp(-np.sqrt(2))), abs=1e-6)


@pytest.mark.parametrize("reading", ["R1", "R2", "R5", "max_softmax"])
def test_readings_by_numpy_with_labels_that_repeat(reading):
    labels = [0, 0, 2, 0, 2]
    found = INTERPRETATIONS[reading](torch.softmax(t(STUDENT), dim=-1), torch.tensor(labels))
    np.testing.assert_allclose(found.numpy(), by_numpy.dominance(STUDENT, labels, reading))


@pytest.mark.parametrize("reading", ["R1", "R6"])
def test_dominance_is_a_decision_without_a_gradient(reading):
    method = make(MBD, reading=reading)
    local, glob = (features(t(z).requires_grad_()) for z in (STUDENT, TEACHER))
    local.embedding, glob.embedding = (t(RNG.normal(size=(5, n))).requires_grad_() for n in (4, 6))
    for _ in range(2):
        found = method.dominance(local, glob, LABELS)
        assert not any(values.requires_grad for values in found.values())
    assert list(found) == ["local", "global"]


def test_only_reading_r6_keeps_prototypes():
    with_them = {name.split(".")[0] for name, _ in make(MBD, reading="R6").named_buffers()}
    assert {"local_prototypes", "global_prototypes"} <= with_them
    assert not [name for name, _ in make(MBD).named_buffers() if "prototypes" in name]
    kept = make(MBD, reading="R6", prototype_momentum=0.3).global_prototypes
    assert (kept.momentum, tuple(kept.means.shape)) == (0.3, (3, 6))


def test_random_groups_are_dominances_own_in_another_order():
    """Drawn first from a copy of the generator: the permutation, then the coins."""
    for seed in range(4):
        torch.manual_seed(seed)
        dominant = make(MBD).groups(features(STUDENT), features(TEACHER), LABELS)
        shuffled, coin = make(RandomDominance), make(RandomDominance, draw="coin")
        torch.manual_seed(seed)
        order, heads = torch.randperm(5), torch.randint(2, (5,)).bool()
        torch.manual_seed(seed)
        found = shuffled.groups(features(STUDENT), features(TEACHER), LABELS)
        assert found.local.tolist() == dominant.local[order].tolist()
        assert found.glob.tolist() == dominant.glob[order].tolist()
        torch.manual_seed(seed)
        found = coin.groups(features(STUDENT), features(TEACHER), LABELS)
        assert (found.local.tolist(), found.glob.tolist()) == (heads.tolist(), (~heads).tolist())


@pytest.mark.parametrize(("teacher", "student"), [("local", "global"), ("global", "local")])
def test_one_way_teaching_aligns_one_way(teacher, student):
    method = make(Unidirectional, teacher=teacher)
    assert set(method.align) == {student}
    found = method.groups(features(STUDENT), features(TEACHER), LABELS)
    both = {"local": found.local, "global": found.glob}
    assert (both[teacher].all().item(), both[student].any().item()) == (True, False)
    assert method.train() is method
    assert method.streams[teacher].training


def test_a_frozen_teacher_has_no_cross_entropy():
    method = make(Unidirectional, teacher="global", frozen=True).float()
    assert set(method(clips(5), LABELS).losses) == {"local/ce", "local/kl", "local/mse"}
    assert not method.train().streams["global"].training
    assert not any(p.requires_grad for p in method.streams["global"].parameters())
    assert all(p.requires_grad for p in method.streams["local"].parameters())


def test_streams_may_have_other_widths():
    torch.manual_seed(0)
    method = MBD(TwoStage(8), TwoStage(2), MBD.Settings(projected="both"))
    shapes = {name: tuple(part.student.weight.shape) for name, part in method.align.items()}
    assert shapes == {"local": (2, 8), "global": (2, 2)}
