"""MBD's loss terms (equations 5-13) against an independent NumPy route."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from scipy.stats import entropy
from torch import nn

from backbones.contract import Backbone, Features
from backbones.errors import UsageError
from methods.distill import kl_per_video, mse_per_video
from methods.groups import group_mean
from methods.mbd import MBD, MBDSettings
from methods.two_stream import TwoStream, TwoStreamSettings


class Tiny(Backbone):
    """Two stages and a linear head: pools to (B, width)."""

    middle = "first"

    def __init__(self, width, classes=3):
        super().__init__()
        self.frames, self.size, self.classes = 2, 4, classes
        self.first = nn.Conv3d(3, width, 1)
        self.second = nn.Conv3d(width, width, 1)
        self.classifier = nn.Linear(width, classes)

    @property
    def stages(self):
        return {"first": self.first, "second": self.second}

    def head(self, state):
        embedding = self.pool(state)
        return self.classifier(embedding), embedding


def make(**settings):
    torch.manual_seed(0)
    return MBD(Tiny(4), Tiny(6), MBDSettings(**settings))


def features(logits, pooled=None):
    logits = torch.as_tensor(logits, dtype=torch.float64)
    pooled = {} if pooled is None else {"first": torch.as_tensor(pooled, dtype=torch.float64)}
    return Features(logits, logits, logits[:, :, None, None, None], pooled)


RNG = np.random.default_rng(3)
LOCAL, GLOBAL = 3 * RNG.normal(size=(6, 3)), 3 * RNG.normal(size=(6, 3))
LABELS = np.array([0, 1, 2, 0, 1, 2])


def numpy_dominance(logits):
    scores = softmax(logits, axis=1)
    p = softmax(-np.linalg.norm(scores[:, None, :] - np.eye(3)[None], axis=2), axis=1)
    return p.max(axis=1)


IN_LOCAL = numpy_dominance(LOCAL) > numpy_dominance(GLOBAL)


def test_the_example_has_both_groups():
    assert 0 < IN_LOCAL.sum() < 6


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_kl_equals_scipy(temperature):
    ours = kl_per_video(torch.from_numpy(LOCAL), torch.from_numpy(GLOBAL), temperature).numpy()
    teacher, student = softmax(GLOBAL / temperature, axis=1), softmax(LOCAL / temperature, axis=1)
    np.testing.assert_allclose(ours, temperature**2 * entropy(teacher, student, axis=1))


def test_mse_is_a_mean_over_dimensions():
    assert mse_per_video(torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[1.0, 0.0, 0.0]])).tolist() == [
        pytest.approx(20 / 3)
    ]


def test_final_terms_equal_numpy():
    terms, stats = make(middle=False).losses(features(LOCAL), features(GLOBAL), torch.from_numpy(LABELS))
    local, glob = softmax(LOCAL, axis=1), softmax(GLOBAL, axis=1)
    # (8): over the global group, global teaches local; (9): over the local group, the other way.
    to_local = entropy(glob, local, axis=1)[~IN_LOCAL].mean()
    to_global = entropy(local, glob, axis=1)[IN_LOCAL].mean()
    assert terms["local/kl"].item() == pytest.approx(0.6 * to_local)
    assert terms["global/kl"].item() == pytest.approx(0.6 * to_global)
    for name, logits in (("local", LOCAL), ("global", GLOBAL)):
        expected = -log_softmax(logits, axis=1)[np.arange(6), LABELS].mean()
        assert terms[f"{name}/ce"].item() == pytest.approx(expected)
    assert stats["local-dominant"].item() == pytest.approx(IN_LOCAL.mean())
    assert set(terms) == {"local/ce", "global/ce", "local/kl", "global/kl"}


def test_middle_terms_equal_numpy():
    method = make(final=False).double()
    f_local, f_global = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 6))
    terms, _ = method.losses(features(LOCAL, f_local), features(GLOBAL, f_global), torch.from_numpy(LABELS))

    def project(layer, x):
        return x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()

    # (10): the local side is projected to the global teacher's 6 dimensions; (11): the other way to 4.
    local = ((project(method.to_global, f_local) - f_global) ** 2).mean(axis=1)[~IN_LOCAL].mean()
    glob = ((project(method.to_local, f_global) - f_local) ** 2).mean(axis=1)[IN_LOCAL].mean()
    assert terms["local/mse"].item() == pytest.approx(0.4 * local)
    assert terms["global/mse"].item() == pytest.approx(0.4 * glob)


def test_an_empty_group_gives_zero_and_a_gradient():
    values = torch.ones(3, requires_grad=True)
    mean = group_mean(values, torch.zeros(3, dtype=torch.bool))
    mean.backward()
    assert mean.item() == 0
    assert values.grad.tolist() == [0, 0, 0]


def test_the_teacher_gets_no_gradient_and_the_student_does():
    local = torch.tensor([[4.0, 0.0, 0.0]], requires_grad=True)
    glob = torch.tensor([[1.0, 0.5, 0.0]], requires_grad=True)
    terms, _ = make(middle=False).losses(
        Features(local, local, local[:, :, None, None, None]),
        Features(glob, glob, glob[:, :, None, None, None]),
        torch.tensor([0]),
    )
    (terms["local/kl"] + terms["global/kl"]).backward()
    assert local.grad.abs().sum() == 0
    # d KL(p||q)/d student logits = q - p (T = 1), a textbook identity.
    expected = 0.6 * (softmax(glob.detach().numpy(), axis=1) - softmax(local.detach().numpy(), axis=1))
    np.testing.assert_allclose(glob.grad.numpy(), expected, rtol=1e-5, atol=1e-7)


def test_a_whole_step_trains_both_streams_and_both_projections():
    method = make()
    clips = {name: torch.randn(6, 3, 2, 4, 4) for name in ("local", "global")}
    step = method(clips, torch.tensor([0, 1, 2, 0, 1, 2]))
    torch.stack(list(step.losses.values())).sum().backward()
    assert all(p.grad is not None for p in method.parameters())
    assert set(step.losses) == {f"{s}/{t}" for s in ("local", "global") for t in ("ce", "kl", "mse")}


def test_without_any_component_it_is_the_two_stream_baseline():
    clips = {name: torch.randn(6, 3, 2, 4, 4) for name in ("local", "global")}
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    torch.manual_seed(0)
    baseline = TwoStream(Tiny(4), Tiny(6), TwoStreamSettings())(clips, labels)
    step = make(middle=False, final=False)(clips, labels)
    assert {k: v.item() for k, v in step.losses.items()} == {k: v.item() for k, v in baseline.losses.items()}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"temperature": 0}, "method.temperature is 0; it must be above 0"),
        ({"kl_weight": -1}, "method.kl_weight is -1; it must be 0 or more"),
        (
            {"local_middle": "layer9"},
            "method.local_middle is 'layer9'; this backbone's stages are first, second",
        ),
    ],
)
def test_bad_settings_are_one_line(settings, words):
    with pytest.raises(UsageError, match=words):
        make(**settings)


def test_the_middle_teacher_gets_no_gradient():
    student, teacher = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    mse_per_video(student, teacher).sum().backward()
    assert teacher.grad is None
    torch.testing.assert_close(student.grad, 2 / 3 * (student - teacher).detach())
