"""GenKD's phases and parts by hand: whose turn it is, what the terms weigh, what the teacher is asked."""

from functools import partial

import numpy as np
import pytest
import torch
from support.two_stage import TwoStage, clips

from methods.genkd import losses as genkd_losses
from methods.genkd.generative import BETAS, NETWORK, VAE, GenKDTeacher
from methods.genkd.genkd import GenKD

LABELS = torch.tensor([0, 1, 2, 0])


def make(cls=GenKD, widths=(4, 4), **settings):
    torch.manual_seed(0)
    return cls(TwoStage(widths[0]), TwoStage(widths[1]), cls.Settings(**settings)).train()


def at(method, step, steps=24, per_epoch=3):
    method.begin(step, steps, per_epoch)
    return set(method.phases), method.ramp


def test_phases_take_turns_of_whole_epochs():
    """8 epochs of 3 steps are 4 published ones; the ramp of 4 rises by a quarter in each."""
    method = make(ramp_epochs=4)
    found = [at(method, step) for step in range(24)]
    phases = [VAE] * 3 + [NETWORK] * 3
    assert found == [({phases[n % 6]}, (n // 6 + 1) / 4) for n in range(24)]


def test_of_an_odd_number_the_first_epoch_is_the_networks():
    method = make(ramp_epochs=4)
    found = [at(method, step, steps=15) for step in range(0, 15, 3)]
    assert found == [({NETWORK}, 0), ({VAE}, 0.25), ({NETWORK}, 0.25), ({VAE}, 0.5), ({NETWORK}, 0.5)]
    found = [at(method, step, steps=6, per_epoch=2) for step in range(6)]  # 3 epochs of 2 steps
    assert found == [({NETWORK}, 0)] * 2 + [({VAE}, 0.25)] * 2 + [({NETWORK}, 0.25)] * 2


def test_in_every_step_the_ramp_counts_epochs():
    method = make(alternation="step", ramp_epochs=4)
    found = [at(method, step) for step in range(0, 24, 3)]
    assert found == [({VAE, NETWORK}, min(n, 4) / 4) for n in range(1, 9)]


def test_at_first_both_phases_are_on():
    method = make()
    assert (set(method.phases), method.ramp) == ({VAE, NETWORK}, 1)


def test_adam_learns_the_vae_and_sgd_the_rest():
    method = make(GenKDTeacher, vae_lr=0.002)
    sgd, adam = method.optimizers(partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=0.01))
    (network,), (vae,) = sgd.param_groups, adam.param_groups
    assert (type(sgd).__name__, type(adam).__name__) == ("SGD", "Adam")
    assert (network["lr"], network["momentum"], network["weight_decay"]) == (0.1, 0.9, 0.01)
    assert (vae["lr"], vae["betas"], BETAS) == (0.002, (0.8, 0.999), (0.8, 0.999))
    expected = {id(p) for p in method.represent["local"].vae.parameters()}
    assert {id(p) for p in vae["params"]} == expected
    assert {id(p) for p in network["params"]} == {id(p) for p in method.parameters()} - expected


def test_the_map_is_matched_in_the_vaes_stage():
    method = make(widths=(5, 7))
    adam = method.optimizers(partial(torch.optim.SGD, lr=0.1))[1]
    assert {id(p) for p in method.match_map.parameters()} <= {id(p) for p in adam.param_groups[0]["params"]}
    assert method.match_map.weight.shape == (5, 7, 1, 1, 1)
    assert method.match_attention.weight.shape == (5, 7, 1)
    assert not list(make().match_map.parameters())
    assert not list(make().match_attention.parameters())


def terms(method, **seen):
    """A step's terms without chance, with what the student and the teacher made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randn_like", torch.zeros_like)
        features = method.features(clips(4), train=True)
        found, stats = method.losses(features["local"], features["global"], LABELS)
    assert stats == {}
    return {name: value.item() for name, value in found.items()}, features


def mse(one, other):
    return ((one.detach().numpy() - other.detach().numpy()) ** 2).mean()


@pytest.mark.parametrize(("generative", "attention", "prior"), [(0.01, 0.1, 0.5), (2.0, 3.0, 0.25)])
def test_terms_by_numpy(generative, attention, prior):
    weights = {"generative_weight": generative, "attention_weight": attention, "prior_weight": prior}
    method = make(alternation="step", **weights)
    method.ramp = 0.5
    found, features = terms(method)
    student, teacher = features["global"].extras, features["local"].extras
    assert found["global/generative"] == pytest.approx(
        generative * mse(student["rebuilt"], teacher["rebuilt"])
    )
    assert found["global/attention"] == pytest.approx(
        attention * mse(student["attention"], teacher["attention"])
    )
    assert found["global/prior"] == pytest.approx(0.5 * prior * mse(student["map"], student["from_prior"]))
    kl = 0.5 * (
        student["log_variance"].exp()
        + (student["mean"] - student["attention"].transpose(1, 2)) ** 2
        - 1
        - student["log_variance"]
    )
    expected = mse(student["rebuilt"], student["map"]) + 0.1 * kl.mean().item()
    assert found["global/vae"] == pytest.approx(expected, rel=1e-5)
    logits = features["global"].logits.detach().numpy()
    log_q = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert found["global/ce"] == pytest.approx(-log_q[np.arange(4), LABELS].mean(), rel=1e-5)


def test_each_phase_makes_only_what_it_needs():
    method = make()
    method.phases = (VAE,)
    found = method.features(clips(4), train=True)
    assert set(found["global"].extras) == {"map", "attention", "rebuilt", "mean", "log_variance", "matched"}
    assert set(found["local"].extras) == {"map", "attention", "rebuilt"}
    assert not found["global"].extras["map"].requires_grad
    assert found["global"].extras["rebuilt"].requires_grad
    method.phases = (NETWORK,)
    found = method.features(clips(4), train=True)
    assert set(found["global"].extras) == {"map", "attention", "from_prior", "matched_attention"}
    assert set(found["local"].extras) == {"map", "attention"}
    assert found["global"].extras["map"].requires_grad
    assert not found["local"].extras["map"].requires_grad
    assert set(method.features(clips(4), train=False)) == {"local", "global"}
    assert set(method.features({"global": clips(4)["global"]}, train=False)) == {"global"}


def test_the_teachers_modules_stay_in_evaluation_mode_through_training():
    method = make()
    assert method.train() is method
    assert not method.streams["local"].training
    assert not method.represent["local"].training
    assert method.represent["global"].training
    assert not method.train(False).represent["global"].training


def test_the_classifier_sees_the_attended_map():
    method = make()
    given = clips(4)["global"]
    seen = method.view("global", given)
    x, attention = seen.extras["map"].detach().numpy(), seen.extras["attention"].detach().numpy()
    student = method.stream("global")
    np.testing.assert_allclose(x, student.second(student.first(given)).detach().numpy(), atol=1e-6)
    weighted = x * attention[..., None, None]
    share = np.abs(x).sum(axis=(1, 2, 3, 4)) / np.abs(weighted).sum(axis=(1, 2, 3, 4))
    expected = weighted * share[:, None, None, None, None]
    np.testing.assert_allclose(seen.map.detach().numpy(), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        seen.embedding.detach().numpy(), expected.mean(axis=(2, 3, 4)), rtol=1e-4, atol=1e-6
    )


def test_of_a_map_of_zeros_nothing_is_left():
    found = genkd_losses.attended(torch.zeros(1, 2, 1, 1, 1), torch.full((1, 2, 1), 0.5))
    assert found.tolist() == torch.zeros(1, 2, 1, 1, 1).tolist()


def test_attention_that_is_alike_everywhere_changes_nothing():
    x = torch.tensor([[[-1.0, 2.0]], [[3.0, -4.0]]])[..., None, None]
    torch.testing.assert_close(genkd_losses.attended(x, torch.full((2, 1, 2), 0.25)), x)


@pytest.mark.parametrize("stream", ["local", "global"])
def test_a_teacher_alone_in_training_and_in_testing(stream):
    other = {"local": "global", "global": "local"}[stream]
    method = make(GenKDTeacher, stream=stream)
    assert set(method.represent) == {stream}
    assert not any(p.requires_grad for p in method.streams[other].parameters())
    for train in (True, False):
        found = method.features(clips(4), train=train)
        assert not found[other].logits.any()
        assert found[other].logits.shape == (4, 3)
        assert ("from_prior" in found[stream].extras) is train
    assert set(method.features({stream: clips(4)[stream]}, train=False)) == {stream}
    assert set(make(GenKD).represent) == {"local", "global"}


def test_a_ramp_of_one_epoch_and_beyond():
    assert [genkd_losses.ramp(epoch, 1) for epoch in (0, 1, 2)] == [0, 1, 1]
    assert genkd_losses.ramp(3, 4) == 0.75


def test_kl_to_a_prior_by_hand():
    """Mean 3 apart and a variance of 4: (4 + 9 - 1 - ln 4) / 2."""
    log_variance = torch.full((1, 1, 2), float(np.log(4)))
    found = genkd_losses.gaussian_kl(torch.full((1, 1, 2), 5.0), log_variance, torch.full((1, 1, 2), 2.0))
    assert found.item() == pytest.approx((12 - np.log(4)) / 2)


def test_the_vaes_target_gets_no_gradient():
    x, rebuilt = (
        torch.randn(1, 2, 3, 1, 1, requires_grad=True),
        torch.randn(1, 2, 3, 1, 1, requires_grad=True),
    )
    latent = torch.zeros(1, 3, 2)
    genkd_losses.vae_loss(x, rebuilt, latent, latent, torch.zeros(1, 2, 3)).backward()
    assert x.grad is None
    assert rebuilt.grad.abs().sum() > 0
