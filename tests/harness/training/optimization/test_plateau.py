"""A rate that follows the loss on validation videos, by torch's own scheduler."""

import random

import numpy as np
import pytest
import torch
from support.short_training import made, spec
from torch.optim.lr_scheduler import ReduceLROnPlateau

from backbones.base.errors import UserError
from harness.data.clips.network_input import NetworkInput
from harness.training import device as devices
from harness.training.distributed import processes
from harness.training.optimization.plateau import Plateau, PlateauRule
from harness.training.optimization.rates import RateSchedule
from harness.training.optimization.validation_loss import validation_loss
from methods.catalogue import METHODS


def optimizer():
    groups = [{"params": [torch.nn.Parameter(torch.zeros(2))], "lr": lr} for lr in (0.1, 0.003)]
    return torch.optim.SGD(groups)


@pytest.mark.parametrize(("factor", "patience"), [(0.1, 2), (0.5, 0)])
def test_the_rates_are_those_of_torchs_scheduler(factor, patience):
    draw = random.Random(0)
    ours, theirs = optimizer(), optimizer()
    plateau = Plateau(PlateauRule(factor, patience))
    rates = RateSchedule.of([ours], 100, 0, plateau)
    scheduler = ReduceLROnPlateau(theirs, factor=factor, patience=patience)
    for epoch in range(12):
        loss = 2 - 0.05 * epoch + draw.uniform(-0.3, 0.3)
        plateau.see(loss)
        scheduler.step(loss)
        kept = plateau.state()  # as after a stop
        plateau = Plateau(PlateauRule(factor, patience))
        plateau.load(kept)
        rates = RateSchedule(rates.starts, 100, 0, plateau)
        rates.apply([ours], epoch)
        expected = [group["lr"] for group in theirs.param_groups]
        assert [group["lr"] for group in ours.param_groups] == pytest.approx(expected)
    assert plateau.scale < 1


def test_rates_rise_first():
    rates = RateSchedule(((0.2,),), 100, 4, Plateau(PlateauRule(0.1, 10)))
    assert [rates.rate(step, 0.2) for step in range(6)] == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.2, 0.2])


@pytest.mark.parametrize("wrong", [{"scale": 2.0}, {"scale": float("nan")}, {"best": float("nan")}])
def test_a_checkpoint_of_no_such_schedule_is_refused(wrong):
    plateau = Plateau(PlateauRule(0.1, 10))
    with pytest.raises(ValueError, match="plateau"):
        plateau.load({**plateau.state(), **wrong})


def batches(ok):
    """Two batches of one view a video; some of their videos are broken."""
    generator = torch.Generator().manual_seed(0)
    for rows in torch.tensor(ok).split(3):
        size = (len(rows), 1, 2, 4, 4, 3)
        clips = {
            n: torch.randint(256, size, dtype=torch.uint8, generator=generator) for n in ("local", "global")
        }
        frames = {f"{name}.frames": torch.zeros(len(rows), 1, 2, dtype=torch.int64) for name in clips}
        yield {**clips, **frames, "label": torch.arange(len(rows)) % 3, "ok": rows}


def test_the_loss_is_the_mean_over_videos_and_streams_without_dropout():
    method = made(METHODS.get("two_stream"), {})
    fabric = processes.fabric(devices.Device("cpu", "fp32", ""))
    inputs = NetworkInput({name: spec() for name in ("local", "global")}, torch.device("cpu"))
    ok = [True, False, True, True, True]
    found = validation_loss(fabric, method.train(), inputs, batches(ok))
    assert method.training
    by_hand = []
    with torch.no_grad():
        for batch in batches(ok):
            clips = inputs({name: batch[name][:, 0] for name in inputs.specs})
            logits = [each.logits.double().numpy() for each in method.eval()(clips).values()]
            for row in np.flatnonzero(batch["ok"]):
                own = [np.log(np.exp(each[row]).sum()) - each[row][batch["label"][row]] for each in logits]
                by_hand.append(np.mean(own))
    assert len(by_hand) == 4
    assert found == pytest.approx(np.mean(by_hand), rel=1e-6)
    with pytest.raises(UserError, match="no validation video could be decoded"):
        validation_loss(fabric, method, inputs, batches([False] * 5))
