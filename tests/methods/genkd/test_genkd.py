"""GenKD: its losses against NumPy, its phases by hand, and what each phase leaves unchanged."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.special import softmax
from support.two_stage import TwoStage, clips

from backbones.base.errors import UsageError
from methods.genkd import losses as genkd_losses
from methods.genkd.generative import GenKDTeacher
from methods.genkd.genkd import GenKD
from methods.parts.representation import ConditionalVAE, frozen_prior, on_grid

RNG = np.random.default_rng(5)
B, C, T, H, W = 2, 3, 4, 2, 2
X, REBUILT = RNG.normal(size=(B, C, T, H, W)), RNG.normal(size=(B, C, T, H, W))
ATTENTION = RNG.uniform(0.1, 0.9, size=(B, C, T))
MEAN, LOG_VARIANCE = RNG.normal(size=(B, T, C)), RNG.normal(size=(B, T, C))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])


def t(array):
    return torch.from_numpy(np.asarray(array))


def by_quadrature(mean, log_variance, prior):
    """KL of two 1-D Gaussians by summing q log(q / p) over a fine grid."""
    sigma = np.exp(log_variance / 2)
    z = np.linspace(mean - 12 * sigma, mean + 12 * sigma, 200_001)
    log_q = -0.5 * ((z - mean) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    log_p = -0.5 * (z - prior) ** 2 - 0.5 * np.log(2 * np.pi)
    return np.trapezoid(np.exp(log_q) * (log_q - log_p), z)


def test_gaussian_kl_is_the_integral():
    prior = ATTENTION.transpose(0, 2, 1)
    expected = np.mean(
        [by_quadrature(*each) for each in zip(MEAN.flat, LOG_VARIANCE.flat, prior.flat, strict=True)]
    )
    assert genkd_losses.gaussian_kl(t(MEAN), t(LOG_VARIANCE), t(prior)).item() == pytest.approx(expected)
    assert genkd_losses.gaussian_kl(t(prior), t(np.zeros((B, T, C))), t(prior)).item() == 0


def test_vae_loss_is_reconstruction_plus_a_tenth_of_kl():
    prior = ATTENTION.transpose(0, 2, 1)
    variance = np.exp(LOG_VARIANCE)
    kl = 0.5 * (variance + (MEAN - prior) ** 2 - 1 - LOG_VARIANCE).mean()
    expected = ((REBUILT - X) ** 2).mean() + 0.1 * kl
    found = genkd_losses.vae_loss(t(X), t(REBUILT), t(MEAN), t(LOG_VARIANCE), t(ATTENTION))
    assert found.item() == pytest.approx(expected)


def test_differences_are_means_over_every_element_and_the_teacher_gets_no_gradient():
    for loss, one, other in (
        (genkd_losses.generative_loss, X, REBUILT),
        (genkd_losses.attention_loss, ATTENTION, ATTENTION[::-1].copy()),
    ):
        student, teacher = t(one).requires_grad_(), t(other).requires_grad_()
        value = loss(student, teacher)
        value.backward()
        assert value.item() == pytest.approx(((one - other) ** 2).mean())
        assert teacher.grad is None
        np.testing.assert_allclose(student.grad.numpy(), 2 * (one - other) / one.size)


def test_prior_loss_sends_gradients_both_ways():
    x, made = t(X).requires_grad_(), t(REBUILT).requires_grad_()
    genkd_losses.prior_loss(x, made).backward()
    np.testing.assert_allclose(x.grad.numpy(), -made.grad.numpy())


def test_attended_maps_keep_each_clips_sum():
    x = np.abs(X)
    found = genkd_losses.attended(t(x), t(ATTENTION)).numpy()
    weighted = x * ATTENTION[..., None, None]
    for clip in range(B):
        np.testing.assert_allclose(found[clip], weighted[clip] * x[clip].sum() / weighted[clip].sum())


def test_summed_scores_are_softmax_per_step():
    steps = RNG.normal(size=(B, 5, 7))
    np.testing.assert_allclose(
        genkd_losses.summed_scores(t(steps)).numpy(), softmax(steps, axis=1).sum(axis=2)
    )


def test_the_ramp_rises_over_twenty_epochs():
    assert [genkd_losses.ramp(epoch, 20) for epoch in (0, 1, 10, 20, 200)] == [0, 0.05, 0.5, 1, 1]


def test_the_vae_has_the_published_layers_shapes():
    """Of 1024 x 8 x 7 x 7: 51.4 M in each spatial convolution, 2048-1024-1024-2048 and -1024 between."""
    with torch.device("meta"):
        vae = ConditionalVAE((1024, 8, 7, 7))
    linear = [(m.in_features, m.out_features) for m in vae.modules() if isinstance(m, torch.nn.Linear)]
    assert linear == [(2048, 1024), (1024, 1024), (1024, 2048), (2048, 1024), (1024, 1024), (1024, 1024)]
    assert vae.squeeze[0].weight.shape == (1024, 1024, 1, 7, 7)
    assert vae.spread[0].weight.numel() == 1024 * 1024 * 49
    assert vae.squeeze[1].num_groups == 32


def test_the_held_vae_passes_gradients_to_the_attention_alone():
    torch.manual_seed(0)  # of some other weights every ReLU is 0, and so is the gradient
    vae = ConditionalVAE((4, 3, 2, 2))
    attention = torch.rand(2, 4, 3, requires_grad=True)
    torch.manual_seed(0)
    made = frozen_prior(vae, attention)
    torch.manual_seed(0)
    torch.testing.assert_close(made, vae.from_prior(attention))
    made.sum().backward()
    assert attention.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in vae.parameters())


def test_a_teachers_grid_is_averaged():
    assert on_grid(torch.tensor([[[1.0, 3.0, 5.0, 7.0]]]), (2,)).tolist() == [[[2.0, 6.0]]]
    x = t(X)
    assert on_grid(x, (T, H, W)) is x
    torch.testing.assert_close(on_grid(x, (1, 1, 1)), x.mean(dim=(2, 3, 4), keepdim=True))


def make(cls=GenKD, widths=(4, 4), **settings):
    torch.manual_seed(0)
    return cls(TwoStage(widths[0]), TwoStage(widths[1]), cls.Settings(**settings)).train()


def moved(method, epoch, epochs=4):
    """Names of the parts that one step of an epoch (of two steps) changes, and the names of its losses."""
    method.begin(epoch * 2, epochs * 2, 2)
    optimizers = method.optimizers(partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=0.1))
    before = {name: value.clone() for name, value in method.named_parameters()}
    step = method(clips(6), LABELS)
    torch.stack(list(step.losses.values())).sum().backward()
    for optimizer in optimizers:
        optimizer.step()
    method.zero_grad(set_to_none=True)
    changed = [name for name, value in method.named_parameters() if not torch.equal(value, before[name])]
    return {".".join(name.split(".")[:3]) for name in changed}, set(step.losses)


def test_the_two_phases_alternate_and_leave_each_others_parameters_unchanged():
    method = make()
    vae, terms = moved(method, 0)
    assert vae == {"represent.global.vae"}
    assert terms == {"global/vae", "global/generative"}
    network, terms = moved(method, 1)
    assert network == {
        *(f"streams.global.{part}" for part in ("first", "second", "classifier")),
        "represent.global.attention",
    }
    assert terms == {"global/ce", "global/prior", "global/attention"}


def test_in_every_step_both_learn():
    parts, terms = moved(make(alternation="step"), 0)
    assert {"represent.global.vae", "represent.global.attention", "streams.global.first"} <= parts
    assert len(terms) == 5
    assert not any("local" in part for part in parts)


@pytest.mark.parametrize(
    ("epochs", "phases", "ramps"),
    [
        (4, ["vae", "network", "vae", "network"], [0.5, 0.5, 1, 1]),
        (3, ["network", "vae", "network"], [0, 0.5, 0.5]),
        (1, ["network"], [0]),
    ],
)
def test_the_last_epoch_is_the_networks(epochs, phases, ramps):
    method, found = make(ramp_epochs=2), []
    for step in range(0, epochs * 3, 3):
        method.begin(step, epochs * 3, 3)
        found.append((*method.phases, method.ramp))
    assert found == list(zip(phases, ramps, strict=True))


def test_the_teacher_has_no_gradient_and_stays_in_evaluation_mode():
    method = make()
    assert not method.streams["local"].training
    assert not method.represent["local"].training
    assert method.represent["global"].training
    parts = ("streams.local", "represent.local")
    assert not any(p.requires_grad for name, p in method.named_parameters() if name.startswith(parts))


def test_reconstructions_and_attentions_are_compared_with_the_teachers():
    """With the student's networks and modules as the teacher's, and no chance, both terms are 0."""
    method = make(alternation="step").double()
    for part in (method.streams, method.represent):
        part["local"].load_state_dict(part["global"].state_dict())
    given = {name: clips(6)["global"].double() for name in ("local", "global")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randn_like", torch.zeros_like)
        terms = method(given, LABELS).losses
        assert terms["global/generative"].item() == terms["global/attention"].item() == 0
        other = method({**given, "local": given["local"] + 1}, LABELS).losses
    assert other["global/generative"].item() > 0
    assert other["global/attention"].item() > 0


def test_the_authors_code_feeds_the_teachers_vae_with_the_student():
    method = make(alternation="step", teacher_vae="student").double()
    method.represent["local"].load_state_dict(method.represent["global"].state_dict())
    given = {name: clip.double() for name, clip in clips(6).items()}  # two different clips
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randn_like", torch.zeros_like)
        assert method(given, LABELS).losses["global/generative"].item() == 0
    with pytest.raises(UsageError, match=r"\(6, 2, 4, 4\) and \(4, 2, 4, 4\)"):
        make(widths=(4, 6), teacher_vae="student")


def test_summed_scores_are_what_cross_entropy_sees():
    method = make(classification="summed_scores", alternation="step")
    step = method(clips(6), LABELS)
    assert step.logits["global"].sum(dim=1).tolist() == pytest.approx([1.0] * 6)  # one step: one softmax
    assert step.losses["global/ce"].item() == pytest.approx(
        torch.nn.functional.cross_entropy(step.logits["global"], LABELS).item()
    )


def test_a_teachers_run_brings_its_modules():
    teacher = make(GenKDTeacher)
    state = {key: value for key, value in teacher.state_dict().items() if not key.startswith("streams.")}
    method = make()
    method.load_extras("local", state)
    for key, value in method.represent["local"].state_dict().items():
        assert torch.equal(value, state[f"represent.local.{key}"])
    for bad in ({}, {key: value[..., :1] for key, value in state.items()}):
        with pytest.raises(UsageError, match="--method genkd_teacher"):
            method.load_extras("local", bad)


@pytest.mark.parametrize("stream", ["local", "global"])
def test_a_teacher_learns_alone(stream):
    method = make(GenKDTeacher, stream=stream, alternation="step")
    step = method(clips(6), LABELS)
    assert set(step.losses) == {f"{stream}/{term}" for term in ("vae", "ce", "prior")}
    assert set(step.logits) == {stream}
    other = {"local": "global", "global": "local"}[stream]
    assert method.eval()(clips(6))[other].logits.abs().sum() == 0
