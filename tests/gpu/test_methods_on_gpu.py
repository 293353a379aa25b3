"""Every method of the registry on a GPU: its first step is that of a CPU, and a stop changes no bit."""

import pytest
import torch
from support.gpu import needs_gpu
from support.short_training import CASES, STOP_AFTER, batch, made, spec, trainer

from backbones.base.errors import UserError
from harness.data.clips.transform import normalise
from harness.training.determinism import deterministic
from harness.training.device import Device
from harness.training.stopping import Stopped
from methods.catalogue import METHODS

pytestmark = needs_gpu
GPU = Device("cuda", "fp32", "")
EACH = pytest.mark.parametrize(("entry", "settings"), CASES, ids=lambda v: getattr(v, "name", None) or str(v))


@EACH
def test_losses_of_a_step_are_those_of_a_cpu(entry, settings, monkeypatch):
    """Without what is drawn at random, which is drawn otherwise there."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    given = batch(0)
    found = {}
    for place in ("cpu", "cuda"):
        method = without_dropout(made(entry, settings)).to(place).train()
        method.begin(0, 4, 1)
        clips = {
            name: normalise(given[name].to(place), spec().mean, spec().std, torch.float32)
            for name in ("local", "global")
            if name not in method.unused
        }
        losses = method(clips, given["label"].to(place)).losses
        found[place] = {name: value.item() for name, value in losses.items()}
    torch.set_float32_matmul_precision(before)
    assert found["cuda"] == pytest.approx(found["cpu"], rel=1e-4, abs=1e-5)


@EACH
def test_a_stopped_method_goes_on_bit_by_bit(entry, settings, tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    weights = []
    with deterministic("strict"):
        whole = made(entry, settings).cuda()
        trainer(whole, tmp_path / "whole", device=GPU).run()
        with pytest.raises(Stopped):
            trainer(made(entry, settings).cuda(), tmp_path / "stopped", STOP_AFTER, device=GPU).run()
        resumed = made(entry, settings).cuda()
        trainer(resumed, tmp_path / "stopped", device=GPU).run()
    weights = [method.state_dict() for method in (whole, resumed)]
    assert all(torch.equal(weights[1][name], value) for name, value in weights[0].items())


def test_a_checkpoint_of_a_gpu_is_gone_on_with_on_a_cpu(tmp_path):
    """Other bits, the same training: not refused, and near."""
    entry = METHODS.get("mbd")
    ends = {}
    for place in ("cuda", "cpu"):
        folder = tmp_path / place
        folder.mkdir()
        with pytest.raises(Stopped):
            trainer(without_dropout(made(entry, {})).cuda(), folder, STOP_AFTER, device=GPU).run()
        method = without_dropout(made(entry, {})).to(place)
        trainer(method, folder, device=GPU if place == "cuda" else Device("cpu", "fp32", "")).run()
        ends[place] = {name: value.cpu() for name, value in method.state_dict().items()}
    for name, value in ends["cuda"].items():
        torch.testing.assert_close(ends["cpu"][name], value, rtol=1e-2, atol=1e-3)


def test_an_operation_without_a_deterministic_kernel_is_named():
    x = torch.randn(1, 1, 4, 4, device="cuda", requires_grad=True)
    with pytest.raises(UserError, match=r"strict: \S+ has no .*best-effort"), deterministic("strict"):
        torch.nn.functional.adaptive_max_pool2d(x, 2).sum().backward()


def without_dropout(method):
    for module in method.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return method
