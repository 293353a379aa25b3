"""MBD's loss terms (equations 5-13) against an independent NumPy route, for each setting."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from support import by_numpy
from support.two_stage import TwoStage, clips, features, make

from backbones.base.errors import UsageError
from methods.mbd import MBD
from methods.mbd_settings import MBDSettings
from methods.no_settings import NoSettings
from methods.parts.distillation_losses import kl_per_video, mse_per_video
from methods.parts.groups import group_mean
from methods.two_stream import TwoStream

RNG = np.random.default_rng(3)
LOCAL, GLOBAL = 3 * RNG.normal(size=(6, 3)), 3 * RNG.normal(size=(6, 3))
F_LOCAL, F_GLOBAL = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 6))
LABELS = np.array([0, 1, 2, 0, 1, 2])


def in_local(reading="R1"):
    return by_numpy.dominance(LOCAL, LABELS, reading) > by_numpy.dominance(GLOBAL, LABELS, reading)


IN_LOCAL = in_local()


def terms_of(local=LOCAL, glob=GLOBAL, labels=LABELS, **settings):
    method = make(MBD, middle=False, **settings)
    terms, stats = method.losses(features(local), features(glob), torch.from_numpy(labels))
    return {name: term.item() for name, term in terms.items()}, stats["local-dominant"].item()


def test_the_example_has_both_groups():
    assert 0 < IN_LOCAL.sum() < 6
    assert (in_local("R5") != IN_LOCAL).any()


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_kl_equals_scipy(temperature):
    student, teacher = torch.from_numpy(LOCAL), torch.from_numpy(GLOBAL)
    expected = by_numpy.kl(GLOBAL, LOCAL, temperature)
    np.testing.assert_allclose(kl_per_video(student, teacher, temperature).numpy(), expected)
    plain = kl_per_video(student, teacher, temperature, t_squared=False).numpy()
    np.testing.assert_allclose(plain, expected / temperature**2)


def test_mse_is_a_mean_over_dimensions():
    assert mse_per_video(torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[1.0, 0.0, 0.0]])).tolist() == [
        pytest.approx(20 / 3)
    ]


@pytest.mark.parametrize("reading", ["R1", "R2", "R5", "max_softmax"])
def test_final_terms_equal_numpy(reading):
    terms, share = terms_of(reading=reading)
    members = in_local(reading)
    # (8): over the global group, global teaches local; (9): over the local group, the other way.
    assert terms["local/kl"] == pytest.approx(0.6 * by_numpy.kl(GLOBAL, LOCAL, 1)[~members].mean())
    assert terms["global/kl"] == pytest.approx(0.6 * by_numpy.kl(LOCAL, GLOBAL, 1)[members].mean())
    for name, logits in (("local", LOCAL), ("global", GLOBAL)):
        expected = -log_softmax(logits, axis=1)[np.arange(6), LABELS].mean()
        assert terms[f"{name}/ce"] == pytest.approx(expected)
    assert share == pytest.approx(members.mean())
    assert list(terms) == ["local/ce", "global/ce", "local/kl", "global/kl"]


def test_each_stream_has_its_own_weight():
    terms, _ = terms_of(kl_weight=0.5, local_kl_weight=2.0)
    assert terms["local/kl"] == pytest.approx(2.0 * by_numpy.kl(GLOBAL, LOCAL, 1)[~IN_LOCAL].mean())
    assert terms["global/kl"] == pytest.approx(0.5 * by_numpy.kl(LOCAL, GLOBAL, 1)[IN_LOCAL].mean())
    settings = MBDSettings(global_mse_weight=0.0)
    assert [settings.weight("mse", name) for name in ("local", "global")] == [0.4, 0.0]


def test_averages_over_the_batch():
    terms, _ = terms_of(average_over="batch", temperature=2.0, t_squared=False)
    to_local = by_numpy.mean_over(by_numpy.kl(GLOBAL, LOCAL, 2) / 4, ~IN_LOCAL, 6)
    to_global = by_numpy.mean_over(by_numpy.kl(LOCAL, GLOBAL, 2) / 4, IN_LOCAL, 6)
    assert terms["local/kl"] == pytest.approx(0.6 * to_local)
    assert terms["global/kl"] == pytest.approx(0.6 * to_global)


def test_final_alignment_by_mse():
    terms, _ = terms_of(final_loss="mse")
    assert terms["local/final-mse"] == pytest.approx(0.6 * by_numpy.mse(LOCAL, GLOBAL)[~IN_LOCAL].mean())
    terms, _ = terms_of(final_loss="mse_scores", temperature=2.0)
    values = by_numpy.mse(softmax(LOCAL / 2, axis=1), softmax(GLOBAL / 2, axis=1))
    assert terms["global/final-mse"] == pytest.approx(0.6 * values[IN_LOCAL].mean())


def layer(linear, x):
    return x @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()


def project(module, form, x):
    """phi in NumPy, from the module's weights."""
    if isinstance(module, torch.nn.Identity):
        return x
    if form == "linear":
        return layer(module, x)
    y = layer(module[0], x)
    if form == "linear+norm":
        return (y - y.mean(axis=1, keepdims=True)) / np.sqrt(y.var(axis=1, keepdims=True) + 1e-5)
    from scipy.special import erf

    return layer(module[2], y * (1 + erf(y / np.sqrt(2))) / 2)


@pytest.mark.parametrize("form", ["linear", "linear+norm", "two-layer"])
@pytest.mark.parametrize(("side", "widths"), [("student", (6, 4)), ("teacher", (4, 6)), ("both", (4, 4))])
def test_middle_terms_equal_numpy(form, side, widths):
    method = make(MBD, final=False, projection=form, projected=side)
    local, glob = features(LOCAL, F_LOCAL), features(GLOBAL, F_GLOBAL)
    terms, _ = method.losses(local, glob, torch.from_numpy(LABELS))
    assert list(terms) == ["local/ce", "global/ce", "local/mse", "global/mse"]
    for name, own, other, members, width in (
        ("local", F_LOCAL, F_GLOBAL, ~IN_LOCAL, widths[0]),
        ("global", F_GLOBAL, F_LOCAL, IN_LOCAL, widths[1]),
    ):
        align = method.align[name]
        student, teacher = project(align.student, form, own), project(align.teacher, form, other)
        assert student.shape == teacher.shape == (6, width)
        expected = 0.4 * by_numpy.mse(student, teacher)[members].mean()
        assert terms[f"{name}/mse"].item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("sure", "taught", "empty"), [("local", "global", "local"), ("global", "local", "global")]
)
def test_an_empty_group_is_zero(sure, taught, empty):
    """A = 0 and B = 0: one stream dominates every video."""
    certain, vague = 9 * np.eye(3)[LABELS], 0.1 * LOCAL
    streams = (certain, vague) if sure == "local" else (vague, certain)
    terms, share = terms_of(*streams)
    assert share == (1.0 if sure == "local" else 0.0)
    assert terms[f"{empty}/kl"] == 0
    assert terms[f"{taught}/kl"] == pytest.approx(0.6 * by_numpy.kl(certain, vague, 1).mean())


def test_an_empty_group_gives_a_gradient_of_zero():
    for average_over in ("group", "batch"):
        values = torch.ones(3, requires_grad=True)
        mean = group_mean(values, torch.zeros(3, dtype=torch.bool), average_over)
        mean.backward()
        assert mean.item() == 0
        assert values.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("tie", "share"), [("global", 0), ("local", 1), ("both", 1), ("neither", 0)])
def test_identical_streams_are_all_ties_and_teach_nothing(tie, share):
    terms, found = terms_of(LOCAL, LOCAL, tie=tie)
    assert found == share
    assert terms["local/kl"] == pytest.approx(0, abs=1e-12)
    assert terms["global/kl"] == pytest.approx(0, abs=1e-12)


def test_a_batch_of_one():
    terms, share = terms_of(LOCAL[:1], GLOBAL[:1], LABELS[:1])
    assert share == float(IN_LOCAL[0])
    taught, idle = ("global", "local") if IN_LOCAL[0] else ("local", "global")
    teacher, student = (LOCAL, GLOBAL) if IN_LOCAL[0] else (GLOBAL, LOCAL)
    assert terms[f"{idle}/kl"] == 0
    assert terms[f"{taught}/kl"] == pytest.approx(0.6 * by_numpy.kl(teacher, student, 1)[0])


class Bf16(TwoStage):
    """As a stream under bfloat16 autocast: its features are in bfloat16."""

    def forward(self, clip, pooled=()):
        given = super().forward(clip, pooled)
        pooled_bf16 = {name: value.bfloat16() for name, value in given.pooled.items()}
        return type(given)(given.logits.bfloat16(), given.embedding.bfloat16(), given.map, pooled_bf16)


def test_bfloat16_features_are_compared_in_float32():
    torch.manual_seed(0)
    method = MBD(Bf16(4), Bf16(6), MBDSettings(middle=False))
    step = method(clips(), torch.from_numpy(LABELS))
    local, glob = (step.logits[name].double().numpy() for name in ("local", "global"))
    members = by_numpy.dominance(local, LABELS, "R1") > by_numpy.dominance(glob, LABELS, "R1")
    expected = 0.6 * by_numpy.mean_over(by_numpy.kl(glob, local, 1), ~members, (~members).sum())
    assert all(term.dtype == torch.float32 for term in step.losses.values())
    # KL of nearly equal distributions loses digits to cancellation even in float32.
    assert step.losses["local/kl"].item() == pytest.approx(expected, rel=1e-3)


def test_the_teacher_gets_no_gradient_and_the_student_does():
    local = torch.tensor([[4.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    glob = torch.tensor([[1.0, 0.5, 0.0]], dtype=torch.float64, requires_grad=True)
    terms, _ = make(MBD, middle=False).losses(features(local), features(glob), torch.tensor([0]))
    (terms["local/kl"] + terms["global/kl"]).backward()
    assert local.grad.abs().sum() == 0
    # d KL(p||q)/d student logits = q - p (T = 1), a textbook identity.
    expected = 0.6 * (softmax(glob.detach().numpy(), axis=1) - softmax(local.detach().numpy(), axis=1))
    np.testing.assert_allclose(glob.grad.numpy(), expected, rtol=1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 3.0},
        {"final_loss": "mse"},
        {"final_loss": "mse_scores", "temperature": 2.0},
        {"projection": "two-layer", "projected": "both"},
        {"projection": "linear+norm", "projected": "teacher", "average_over": "batch", "reading": "R2"},
    ],
    ids=str,
)
def test_gradients_equal_finite_differences(settings):
    """Of each stream's own terms by its own inputs; the other stream is a constant to them."""
    method, labels = make(MBD, **settings), torch.from_numpy(LABELS)
    given = [torch.from_numpy(array).clone() for array in (LOCAL, GLOBAL, F_LOCAL, F_GLOBAL)]

    def terms(student, logits, middle):
        mine = {"local": given[0], "global": given[1]} | {student: logits}
        pooled = {"local": given[2], "global": given[3]} | {student: middle}
        streams = [features(mine[name], pooled[name]) for name in ("local", "global")]
        found, _ = method.losses(*streams, labels)
        return sum(term for name, term in found.items() if name.startswith(student))

    for student, position in (("local", 0), ("global", 1)):
        inputs = [given[position].clone().requires_grad_(), given[position + 2].clone().requires_grad_()]
        assert torch.autograd.gradcheck(lambda *x, s=student: terms(s, *x), inputs)


@pytest.mark.parametrize("side", ["student", "teacher", "both"])
def test_the_middle_teacher_gets_no_gradient(side):
    method = make(MBD, projected=side)
    for student, own, other in (("local", F_LOCAL, F_GLOBAL), ("global", F_GLOBAL, F_LOCAL)):
        mine, teacher = (torch.from_numpy(array).clone().requires_grad_() for array in (own, other))
        method.align[student](mine, teacher).sum().backward()
        assert teacher.grad is None
        assert mine.grad.abs().sum() > 0


@pytest.mark.parametrize("side", ["student", "teacher", "both"])
def test_a_whole_step_trains_both_streams_and_all_projections(side):
    method = make(MBD, projected=side).float()
    step = method(clips(), torch.tensor([0, 1, 2, 0, 1, 2]))
    torch.stack(list(step.losses.values())).sum().backward()
    assert all(p.grad is not None for p in method.parameters())
    assert set(step.losses) == {f"{s}/{t}" for s in ("local", "global") for t in ("ce", "kl", "mse")}


def test_without_any_component_it_is_the_two_stream_baseline():
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    torch.manual_seed(0)
    baseline = TwoStream(TwoStage(4), TwoStage(6), NoSettings())(clips(), labels)
    step = make(MBD, middle=False, final=False).float()(clips(), labels)
    assert {k: v.item() for k, v in step.losses.items()} == {k: v.item() for k, v in baseline.losses.items()}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"temperature": 0}, "method.temperature is 0; it must be above 0"),
        ({"kl_weight": -1}, "method.kl_weight is -1; it must be 0 or more"),
        ({"global_mse_weight": -1}, "method.global_mse_weight is -1; it must be 0 or more"),
        ({"prototype_momentum": 1}, "method.prototype_momentum is 1; it must be in"),
        (
            {"local_middle": "layer9"},
            "method.local_middle is 'layer9'; this backbone's stages are first, second",
        ),
    ],
)
def test_bad_settings_are_one_line(settings, words):
    with pytest.raises(UsageError, match=words):
        make(MBD, **settings)
