"""Levels of determinism: what they switch on, what they refuse, and that a CPU gives the same bits anyway."""

import pytest
import torch
from support.short_training import made, trainer

from backbones.base.errors import UserError
from harness.training.determinism import LEVELS, WORKSPACE, deterministic
from methods.catalogue import METHODS


def state():
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.deterministic,
    )


def test_what_a_level_switches_on_ends_with_the_run(monkeypatch):
    monkeypatch.delenv(WORKSPACE, raising=False)
    before, seen = state(), {}
    for name in LEVELS:
        with deterministic(name):
            seen[name] = state()
            # `torch.backends.cudnn.flags` has it off by default.
            assert torch.backends.cudnn.enabled
        assert state() == before
    assert seen == {"off": before, "best-effort": (True, True, True), "strict": (True, False, True)}


def test_an_operation_that_cannot_is_named():
    # What torch says of it on a GPU.
    said = RuntimeError(
        "adaptive_max_pool2d_backward_cuda does not have a deterministic implementation, but you set "
        "'torch.use_deterministic_algorithms(True)'."
    )
    named = r"strict: adaptive_max_pool2d_backward_cuda has no .*best-effort"
    with pytest.raises(UserError, match=named), deterministic("strict"):
        raise said
    with pytest.raises(RuntimeError, match="another"), deterministic("strict"):
        raise RuntimeError("another error")


def test_on_a_cpu_all_levels_give_the_same_bits(tmp_path):
    weights = []
    for name in LEVELS:
        (tmp_path / name).mkdir()
        method = made(METHODS.get("mbd"), {})
        with deterministic(name):
            trainer(method, tmp_path / name).run()
        weights.append(method.state_dict())
    for other in weights[1:]:
        assert all(torch.equal(other[key], value) for key, value in weights[0].items())
