"""A whole run with every setting of how parameters are updated."""

import pytest
import torch

from backbones.base.errors import UsageError
from harness.config.resolve import resolve
from harness.training.streams.build import make

SETTINGS = (
    *("train.optimizer=adamw", "train.lr=0.001", "train.layer_decay=0.5", "train.decay_norms=false"),
    *("train.clip_norm=1", "train.label_smoothing=0.1", "train.ema=0.9"),
)


def test_the_record_says_that_averaged_weights_were_tested_and_they_begin_other_runs(
    tiny_run, whole, no_costs
):
    first = tiny_run(*SETTINGS)
    assert whole.record().selection == "last epoch"
    assert first.record().selection == "last epoch, exponential moving average of weights"
    tested = torch.load(first.checkpoint, weights_only=True)["method"]
    pairs = [f"{stream}.weights={first.id}" for stream in ("local", "global")]
    second = tiny_run(*pairs, "local.frozen_layers=5", "method.name=two_stream", "method.fusion=average")
    after = torch.load(second.checkpoint, weights_only=True)["method"]
    changed = {name for name, value in after.items() if not torch.equal(value, tested[name])}
    local = {name for name in changed if name.startswith("streams.local.")}
    assert local == {"streams.local.fc.weight", "streams.local.fc.bias"}
    assert changed - local


def test_layers_that_are_not_trained_need_weights(tiny_run):
    with pytest.raises(
        UsageError, match=r"local\.frozen_layers is 2, but the local stream has no weights; giv"
    ):
        tiny_run("local.frozen_layers=2")
    with pytest.raises(
        UsageError, match=r"^local\.frozen_layers is 9; this network has 6, and one must be tra"
    ):
        tiny_run("local.frozen_layers=9")


def test_a_stream_that_is_not_used_needs_no_weights():
    settings = ("method.name=single", "method.fusion=product", "method.stream=local")
    settings += ("global.hidden=32", "global.frozen_layers=17")
    config = resolve("finetune", {"data": {"dataset": "ut-interaction"}}, settings)
    assert config.glob.frozen_layers == 17
    assert make(config, classes=6).method.unused == ("global",)
