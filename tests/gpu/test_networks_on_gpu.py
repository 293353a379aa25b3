"""Every backbone of the registry on a GPU: the numbers that it has on a CPU, and finite ones in bf16."""

import statistics

import pytest
import torch
from support.gpu import needs_gpu
from support.narrow_backbones import narrow

from backbones import BACKBONES, find
from backbones.parts.conv import channels_last
from harness.training.determinism import deterministic
from harness.training.precision import autocast

pytestmark = needs_gpu
find("r2plus1d50")  # fills the registry
CLIPS = 5
EACH = pytest.mark.parametrize("name", BACKBONES.names())


@pytest.fixture
def exact(monkeypatch):
    """No TF32, whose products keep 10 bits of a significand."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    yield
    torch.set_float32_matmul_precision(before)


def clip_of(network, seed=0):
    shape = (2, network.channels, network.frames, network.size, network.size)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@EACH
def test_logits_and_gradients_are_those_of_a_cpu(name, exact):
    """Gradients as the median over clips: in 5 to 8 of 100 untrained deep networks rounding alone sends one
    ReLU the other way, and the gradient is off by 2 to 8 in 1000, on a CPU in float32 and float64 as well."""
    network = seeded(name).eval()
    clips = [clip_of(network, seed) for seed in range(CLIPS)]
    wanted = [logits_and_gradient(network, clip) for clip in clips]
    channels_last(network.cuda())
    found = [logits_and_gradient(network, clip.cuda()) for clip in clips]
    logits, gradients = (
        [apart(ours, theirs) for ours, theirs in zip(*each, strict=True)]
        for each in zip(zip(*found, strict=True), zip(*wanted, strict=True), strict=True)
    )
    assert max(logits) < 1e-4
    assert statistics.median(gradients) < 1e-3


def logits_and_gradient(network, clip):
    logits = network(clip).logits
    return logits, torch.autograd.grad(logits.square().sum(), first(network))[0]


@EACH
def test_a_training_step_in_bf16_is_finite_and_near_float32(name):
    network = channels_last(narrow(name).cuda()).train()
    clip = clip_of(network).cuda()
    torch.manual_seed(1)
    with autocast("cuda", "bf16"):
        logits = network(clip).logits
    logits.float().square().sum().backward()
    assert all(p.grad.isfinite().all() for p in network.parameters() if p.grad is not None)
    with torch.no_grad():
        network.eval()
        exact = network(clip).logits
        with autocast("cuda", "bf16"):
            rounded = network(clip).logits
    assert apart(rounded.float(), exact) < 0.1


@EACH
@pytest.mark.parametrize("level", ["strict", "best-effort"])
def test_a_deterministic_step_has_the_same_bits_again(name, level):
    """Also where PyTorch has no such kernel, if the level is one that goes on without."""
    gradients = []
    for _ in range(2):
        network = channels_last(seeded(name).cuda()).train()
        torch.manual_seed(1)
        with deterministic(level):
            network(clip_of(network).cuda()).logits.square().sum().backward()
        gradients.append({key: p.grad for key, p in network.named_parameters() if p.grad is not None})
    assert all(torch.equal(gradients[1][key], value) for key, value in gradients[0].items())


def seeded(name):
    torch.manual_seed(0)
    return narrow(name)


def first(network):
    return next(p for p in network.parameters() if p.requires_grad and p.dim() > 1)


def apart(ours, theirs):
    ours, theirs = ours.detach().cpu().double(), theirs.detach().cpu().double()
    return float((ours - theirs).norm() / theirs.norm())
