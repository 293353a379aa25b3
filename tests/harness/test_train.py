"""The schedule against torch's own, micro-batches against the whole batch, and what a bad step says."""

import pytest
import torch

from harness import train
from harness.train import learning_rate


def test_cosine_equals_torch():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=17)
    for step in range(17):
        assert learning_rate(step, 17, 0.3, 0) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


def test_warm_up_by_hand():
    # 4 steps up: 1/4, 2/4, 3/4, 1 of the cosine's value.
    for step, part in enumerate((0.25, 0.5, 0.75, 1.0, 1.0)):
        assert learning_rate(step, 10, 0.1, 4) == pytest.approx(part * learning_rate(step, 10, 0.1, 0))


def test_a_step_that_is_not_finite_names_what_broke(tiny_run, monkeypatch):
    from backbones.errors import UserError
    from harness.data import transform

    normalise = transform.normalise

    def spoiled(*arguments):
        return normalise(*arguments) * float("nan")

    monkeypatch.setattr(train, "normalise", spoiled)
    with pytest.raises(
        UserError, match=r"not finite any more \(loss local/ce, .*gradient of .*\); try a smaller --lr"
    ):
        tiny_run()


def test_micro_batches_add_up(make_tiny, tmp_path):
    """Without BatchNorm, dropout or groups, two halves give the gradient of the whole."""
    vit = (
        "backbone=vtn:vit_tiny_patch16_224",
        "width=0.25",
        "dropout=0",
        "head_dropout=0",
        "frame_norm=false",
    )
    pairs = [f"{stream}.{pair}" for stream in ("local", "global") for pair in vit]
    pairs += ["method.name=two_stream", "method.fusion=average", "train.epochs=1"]
    whole = make_tiny(*pairs, out=tmp_path)
    halves = make_tiny(*pairs, "train.micro_batch=2", out=tmp_path)
    ours, theirs = (torch.load(run.checkpoint, weights_only=True)["method"] for run in (whole, halves))
    for name, tensor in ours.items():
        torch.testing.assert_close(theirs[name], tensor, rtol=1e-3, atol=1e-5)
