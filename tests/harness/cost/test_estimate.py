"""The time of a run is estimated from its own networks, which are left as they were."""

import pytest
import torch
from support.short_training import made, spec

from backbones.base.streams import PerStream
from harness.cost import estimate as subject
from harness.data.clips.dataset import Views
from methods.catalogue import METHODS

WORK = subject.Workload(
    steps=10,
    batch_size=16,
    micro_batch=16,
    test_videos=7,
    test_views=PerStream(Views(3), Views(2)),
    fit_videos=2,
    fit_views=PerStream(Views(1), Views(1)),
)


def estimated(method, processes=1):
    specs = {"local": spec(), "global": spec()}
    return subject.estimate(method, specs, WORK, "fp32", processes)


def test_nothing_of_the_method_changes():
    method = made(METHODS.get("mbd"), {})
    before = {name: value.clone() for name, value in method.state_dict().items()}
    assert estimated(method).total_s > 0
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())
    assert all(parameter.grad is None for parameter in method.parameters())


@pytest.mark.parametrize(("processes", "share"), [(1, 1), (4, 0.25)])
def test_sums_by_hand(monkeypatch, processes, share):
    """A clip takes 0.5 s in few, 0.05 s in the whole batch (0.5 · 16 is no fast batch, 0.1 · 16 is); a view
    1 s: 10 steps of 16 clips; 7 videos of 3 + 2 views and 2 held-out ones of 1 + 1."""
    monkeypatch.setattr(subject, "_time_view", lambda *_: 1.0)
    method = made(METHODS.get("mbd"), {})
    for few, per_clip in ((0.5, 0.5), (0.1, 0.05)):
        monkeypatch.setattr(subject, "time_step", lambda *a, few=few: few if a[-1] == 4 else 0.05)
        found = estimated(method, processes)
        assert found.train_s == pytest.approx(160 * per_clip * share)
        assert found.test_s == pytest.approx((7 * 5 + 2 * 2) * share)
