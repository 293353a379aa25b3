"""Micro-batches against the whole batch, and what a bad step says."""

import dataclasses
import re

import pytest
import torch
from click.testing import CliRunner
from support.plugin_files import EXAMPLES, loaded

from backbones.contract import softmaxed
from harness.cli.main import cli
from harness.record.folder import all_runs
from harness.training.finite import not_finite


def test_a_step_that_is_not_finite_names_what_broke_and_the_run_is_listed_as_failed(
    tiny_run, tmp_path, monkeypatch
):
    from backbones.base.errors import UserError
    from harness.data.clips import network_input

    normalise = network_input.normalise

    def spoiled(*arguments):
        return normalise(*arguments) * float("nan")

    with monkeypatch.context() as patch:
        patch.setattr(network_input, "normalise", spoiled)
        with pytest.raises(
            UserError,
            match=r"not finite any more \(loss local/ce, .*gradient of .*\); try a smaller --lr or "
            r"smaller weights of these terms$",
        ):
            tiny_run(out=tmp_path)
    (run,) = all_runs(tmp_path)
    assert run.state() == "failed"
    shown = CliRunner().invoke(cli, ["show", run.id, "--out", str(tmp_path)])
    assert re.search(r"is failed, not finished \(training is not finite any more", str(shown.exception))
    assert tiny_run(out=tmp_path).state() == "finished"


def test_a_loss_of_no_stream_is_said(tiny_run, monkeypatch):
    from backbones.base.errors import UserError
    from methods.mbd import MBD

    losses = MBD.losses
    monkeypatch.setattr(MBD, "losses", lambda *given: ({"kl": losses(*given)[0]["local/ce"]}, {}))
    with pytest.raises(UserError, match=r"loss term 'kl': expected '<stream>/<term>' or 'fused/<term>'"):
        tiny_run()


def test_advice_after_a_loss_that_is_not_finite_fits_the_run(tmp_path):
    """bf16 can be left; a plug-in can be at fault."""
    plugin = tmp_path / "mine.py"
    plugin.write_text((EXAMPLES / "product.py").read_text())
    network = torch.nn.Linear(1, 1)
    with loaded(plugin):
        said = not_finite(network, {"loss:local/ce": float("nan")}, half=True)
    assert said.endswith(
        "(loss local/ce); try a smaller --lr, smaller weights of these terms or --precision fp32; this may "
        f"be a fault of mine.py: 'harness check-plugin {plugin}' checks its contract"
    )
    assert not_finite(network, {}, half=False).endswith("smaller weights of these terms")


def test_what_bf16_makes_of_probabilities_is_seen():
    probabilities = torch.randn(64, 400, generator=torch.Generator().manual_seed(0)).softmax(1)
    assert softmaxed(probabilities.bfloat16())
    assert not softmaxed(probabilities * 0.98)
    assert not softmaxed(probabilities - 0.001)


def test_softmaxed_logits_are_refused_at_the_first_step(tiny_run, monkeypatch):
    from backbones.base.errors import UserError
    from backbones.contract import Backbone

    forward = Backbone.forward

    def with_softmax(self, *given, **more):
        features = forward(self, *given, **more)
        return dataclasses.replace(features, logits=features.logits.softmax(dim=1))

    monkeypatch.setattr(Backbone, "forward", with_softmax)
    with pytest.raises(UserError, match="the local stream's logits look like probabilities"):
        tiny_run()


def test_micro_batches_add_up(make_tiny, no_costs, tmp_path):
    """Without BatchNorm, dropout or groups, two halves give the gradient of the whole."""
    vit = ("backbone=vtn:test_vit", "hidden=32", "dropout=0", "head_dropout=0", "frame_norm=false")
    pairs = [f"{stream}.{pair}" for stream in ("local", "global") for pair in (*vit, "width=1")]
    pairs += ["method.name=two_stream", "method.fusion=average", "train.epochs=1", "test.part=none"]
    whole = make_tiny(*pairs, out=tmp_path)
    halves = make_tiny(*pairs, "train.micro_batch=2", out=tmp_path)
    ours, theirs = (torch.load(run.checkpoint, weights_only=True)["method"] for run in (whole, halves))
    for name, tensor in ours.items():
        torch.testing.assert_close(theirs[name], tensor, rtol=1e-3, atol=1e-5)
