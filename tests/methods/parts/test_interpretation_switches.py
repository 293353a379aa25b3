"""What equations (1) and (8) to (11) leave open, each switch against NumPy or by hand: z, distance,
temperature, whether the teacher learns."""

import math

import numpy as np
import pytest
import torch
from scipy.special import softmax
from support import by_numpy
from support.two_stage import features, make

from methods import check
from methods.mbd import MBD
from methods.mutual import Mutual
from methods.parts.dominance import Form, dominance
from methods.parts.interpretations import INTERPRETATIONS
from methods.unidirectional import Unidirectional

RNG = np.random.default_rng(23)
LOCAL, GLOBAL = 2 * RNG.normal(size=(7, 3)), 3 * RNG.normal(size=(7, 3))
F_LOCAL, F_GLOBAL = RNG.normal(size=(7, 4)), RNG.normal(size=(7, 6))
LABELS = np.array([0, 1, 1, 0, 1, 0, 1])  # class 2 is not in the batch


def slowly(z, bank, chosen, squared, temperature):
    """Softmax over minus the distances to the labels of `bank`, one video at a time; its entry `chosen`, or
    the largest one."""
    found = []
    for row, own in zip(z, chosen, strict=True):
        d = np.array([math.dist(row, np.eye(3)[label]) for label in bank])
        p = softmax(-(d**2 if squared else d) / temperature)
        found.append(p.max() if own is None else p[own])
    return np.array(found)


def expected(logits, reading, of, distance, temperature):
    z = logits if of == "logits" else softmax(logits, axis=1)
    bank = LABELS if reading == "R2" else range(3)
    return slowly(z, bank, LABELS if reading == "R5" else [None] * 7, distance == "squared", temperature)


@pytest.mark.parametrize("reading", ["R1", "R2", "R5"])
@pytest.mark.parametrize("of", ["scores", "logits"])
@pytest.mark.parametrize("distance", ["euclidean", "squared"])
@pytest.mark.parametrize("temperature", [1.0, 0.25, 4.0])
def test_each_form_of_equation_1_equals_numpy(reading, of, distance, temperature):
    chosen = {"dominance_of": of, "distance": distance, "dominance_temperature": temperature}
    method = make(MBD, reading=reading, middle=False, **chosen)
    found = method.dominance(features(LOCAL), features(GLOBAL), torch.from_numpy(LABELS))
    for ours, logits in ((found.local, LOCAL), (found.glob, GLOBAL)):
        np.testing.assert_allclose(
            ours.numpy(), expected(logits, reading, of, distance, temperature), rtol=1e-10
        )
    groups = method.groups(features(LOCAL), features(GLOBAL), torch.from_numpy(LABELS))
    assert groups.local.tolist() == (found.local > found.glob).tolist()


def test_squared_distances_of_logits_are_a_softmax_of_twice_the_logits():
    """||z - e_k||² = ||z||² + 1 - 2 z_k, of which all but the last is the same for every class."""
    ours = dominance(torch.from_numpy(LOCAL), Form(squared=True, temperature=0.8))
    np.testing.assert_allclose(ours.numpy(), softmax(2 * LOCAL / 0.8, axis=1).max(axis=1), rtol=1e-10)


def test_by_hand_on_logits():
    # z = (3, 0, 0): distances 2, sqrt 10, sqrt 10; squared 4, 10, 10.
    z = torch.tensor([[3.0, 0.0, 0.0]], dtype=torch.float64)
    far = math.exp(2 - math.sqrt(10))
    assert dominance(z).item() == pytest.approx(1 / (1 + 2 * far))
    assert dominance(z, Form(squared=True)).item() == pytest.approx(1 / (1 + 2 * math.exp(-6)))
    assert dominance(z, Form(temperature=2.0)).item() == pytest.approx(1 / (1 + 2 * math.sqrt(far)))


def test_distances_beyond_the_smallest_number_are_still_compared():
    """exp(-400) is 0 in float32: R2 is relative to the nearest label. By 2 * 0.5 label 0 is nearer than 2."""
    z = torch.tensor([[20.0, 0.0, 0.0], [20.0, 0.0, 19.5]])
    found = INTERPRETATIONS["R2"](z, torch.tensor([0, 2]), Form(squared=True))
    assert found.tolist() == pytest.approx([1.0, 1 / (1 + math.exp(-1.0))])


def test_prototypes_have_a_form_too():
    method = make(MBD, middle=False, reading="R6", distance="squared", dominance_temperature=2.0)
    seen = RNG.normal(size=(3, 4))
    given = features(LOCAL[:3], embedding=seen), features(LOCAL[:3], embedding=RNG.normal(size=(3, 6)))
    method.dominance(*given, torch.tensor([0, 1, 2]))
    found = method.dominance(*given, torch.tensor([0, 1, 2])).local.numpy()
    d = np.array([[math.dist(one, other) for other in seen] for one in seen])
    np.testing.assert_allclose(found, softmax(-(d**2) / 2, axis=1).max(axis=1), rtol=1e-10)


@pytest.mark.parametrize(("scale", "low", "high"), [(1, 0.9, 0.97), (2, 0.57, 0.86)])
def test_how_often_scores_and_logits_agree(scale, low, high):
    """Gaussian logits of 101 classes with the label's raised, in one stream `scale` times as large."""
    rng = np.random.default_rng(0)

    def logits(factor):
        z = rng.normal(size=(2000, 101))
        z[:, 0] += rng.normal(3, 2, size=2000)
        return torch.from_numpy(factor * z)

    one, other = logits(1), logits(scale)
    of_logits = dominance(one) > dominance(other)
    of_scores = dominance(one.softmax(dim=1)) > dominance(other.softmax(dim=1))
    assert low <= (of_logits == of_scores).double().mean().item() <= high


def test_groups_of_logits_are_other_groups():
    """On random streams they agree with R1's on some videos, not on all."""
    of_scores, of_logits = (
        make(MBD, middle=False, dominance_of=of).groups(
            features(LOCAL), features(GLOBAL), torch.from_numpy(LABELS)
        )
        for of in ("scores", "logits")
    )
    same = (of_scores.local == of_logits.local).tolist()
    assert 0 < sum(same) < len(same)


def test_the_largest_score_is_one_whatever_equation_1_compares():
    method = make(MBD, middle=False, reading="max_softmax", dominance_of="logits")
    found = method.dominance(features(LOCAL), features(GLOBAL), torch.from_numpy(LABELS)).local
    np.testing.assert_allclose(found.numpy(), softmax(LOCAL, axis=1).max(axis=1))


def gradients(method_class, **settings):
    """Of all distillation terms: by the local and the global logits, by the local and the global middle."""
    method = make(method_class, **settings)
    given = [torch.from_numpy(a).clone().requires_grad_() for a in (LOCAL, F_LOCAL, GLOBAL, F_GLOBAL)]
    terms, _ = method.losses(features(*given[:2]), features(*given[2:]), torch.from_numpy(LABELS))
    taught = [value for name, value in terms.items() if not name.endswith("/ce")]
    grads = torch.autograd.grad(torch.stack(taught).sum(), given, allow_unused=True)
    return [np.zeros(g.shape) if grad is None else grad.numpy() for grad, g in zip(grads, given, strict=True)]


def test_a_teacher_that_is_not_detached_learns_too():
    """d KL(p || q) / d teacher logits = p (log p - log q - KL), a textbook identity, over the 7 videos."""
    kept = gradients(Unidirectional, teacher="local", middle=False)
    free = gradients(Unidirectional, teacher="local", middle=False, detach_teacher=False)
    assert not kept[0].any()
    np.testing.assert_allclose(free[2], kept[2])  # the student's own gradient is the same
    p, q = softmax(LOCAL, axis=1), softmax(GLOBAL, axis=1)
    kl = (p * np.log(p / q)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(free[0], 0.6 / 7 * p * (np.log(p / q) - kl), rtol=1e-8, atol=1e-12)


def test_the_middle_teacher_learns_by_the_same_difference():
    """Of (phi(s) - t)² / 6, by t: -2 (phi(s) - t) / 6, times beta over the 7 videos."""
    settings = {"teacher": "global", "final": False}
    assert not gradients(Unidirectional, **settings)[3].any()
    free = gradients(Unidirectional, **settings, detach_teacher=False)[3]
    phi = make(Unidirectional, **settings).align["local"].student
    mapped = F_LOCAL @ phi.weight.detach().numpy().T + phi.bias.detach().numpy()
    np.testing.assert_allclose(free, -0.4 * 2 * (mapped - F_GLOBAL) / 6 / 7, rtol=1e-8)


@pytest.mark.parametrize("kind", ["kl", "mse", "mse_scores"])
def test_values_do_not_depend_on_who_learns(kind):
    terms = [
        make(Mutual, final_loss=kind, detach_teacher=detach).losses(
            features(LOCAL, F_LOCAL), features(GLOBAL, F_GLOBAL), torch.from_numpy(LABELS)
        )[0]
        for detach in (True, False)
    ]
    assert {k: v.item() for k, v in terms[0].items()} == {k: v.item() for k, v in terms[1].items()}


@pytest.mark.parametrize("kind", ["kl", "mse", "mse_scores"])
def test_terms_that_train_both_streams_are_declared(kind):
    """The contract's own rule finds no gradient that is not declared, and would without the declaration."""
    settings = MBD.Settings(detach_teacher=False, final_loss=kind, dominance_of="logits")
    assert [found for found in check.check_method(MBD, settings) if not found.holds] == []
    undeclared = type("Undeclared", (MBD,), {"joint_terms": property(lambda _: (), lambda *_: None)})
    found = check.BOOK.examine("teachers_are_detached", check.Subject(undeclared, settings))
    assert not found.holds


@pytest.mark.parametrize(("squared", "factor"), [(True, 16), (False, 1)])
def test_temperature_4_with_and_without_its_square(squared, factor):
    terms = make(Mutual, middle=False, temperature=4.0, t_squared=squared).losses(
        features(LOCAL), features(GLOBAL), torch.from_numpy(LABELS)
    )[0]
    value = by_numpy.kl(GLOBAL, LOCAL, 4).mean() / 16
    assert terms["local/kl"].item() == pytest.approx(0.6 * factor * value)
