"""Every method of the registry: a few steps over tiny streams, and what its class promises."""

import dataclasses
import math

import pytest
import torch
from support.two_stage import TwoStage, clips

from backbones.base.registry import load
from backbones.building import build
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS

EACH = pytest.mark.parametrize("entry", list(METHODS), ids=lambda entry: entry.name)
LABELS = torch.tensor([0, 1, 2, 0])


def over_tiny_networks(entry):
    torch.manual_seed(0)
    local = build("r2plus1d18", classes=3, frames=4, size=32, width=0.0625)
    glob = build("vtn:resnet10t", classes=3, frames=4, size=32, width=0.125)
    cls = load(entry.target)
    return cls(local, glob, cls.Settings())


@EACH
def test_a_few_steps_learn_and_every_trained_parameter_gets_a_gradient(entry):
    method = over_tiny_networks(entry).train()
    seen = {name: torch.randn(4, 3, 4, 32, 32) for name in ("local", "global")}
    before = {name: value.clone() for name, value in method.named_parameters()}
    optimizer = torch.optim.SGD(method.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    for _ in range(2):
        step = method(seen, LABELS)
        assert all(name.split("/")[0] in ("local", "global", "fused") for name in step.losses)
        total = torch.stack(list(step.losses.values())).sum()
        assert math.isfinite(total.item())
        optimizer.zero_grad()
        total.backward()
        # Without a gradient, DistributedDataParallel stops. VTN's padding row of position 0 has one of zeros.
        without = [name for name, p in method.named_parameters() if p.requires_grad and p.grad is None]
        assert without == []
        optimizer.step()
    moved = {name.split(".")[1] for name, p in method.named_parameters() if not torch.equal(p, before[name])}
    assert moved >= {name for name in ("local", "global") if name not in (*method.frozen, *method.unused)}
    if entry.name == "single":
        assert moved == {"local"}


@EACH
def test_without_labels_it_gives_features_of_the_streams_asked_for(entry):
    cls = load(entry.target)
    method = cls(TwoStage(4), TwoStage(6), cls.Settings()).eval()
    given = clips(2)
    for name in ("local", "global"):
        (found,) = method({name: given[name]}).values()
        assert found.logits.shape == (2, 3)
        assert found.embedding.shape[0] == found.map.shape[0] == 2


@EACH
def test_label_smoothing_mixes_the_target_with_all_classes(entry):
    """(1 - s) CE + s mean(-log p), in every term of cross-entropy; other terms stay."""
    cls = load(entry.target)
    torch.manual_seed(0)
    method = cls(TwoStage(4), TwoStage(6), cls.Settings())
    plain, smoothed = {}, {}
    for share, terms in ((0.0, plain), (0.3, smoothed)):
        method.label_smoothing = share
        torch.manual_seed(1)
        step = method(clips(4), LABELS)
        terms |= {name: value.item() for name, value in step.losses.items()}
    assert {name for name in plain if name.endswith("/ce")} != set()
    for name, value in plain.items():
        stream, _, term = name.partition("/")
        if term == "ce" and stream != "fused":
            even = -step.logits[stream].double().log_softmax(1).mean().item()
            assert smoothed[name] == pytest.approx(0.7 * value + 0.3 * even, rel=1e-5)
        elif term != "ce":
            assert smoothed[name] == pytest.approx(value, rel=1e-5)


@EACH
def test_the_listed_settings_are_the_classs_own_and_its_fusion_exists(entry):
    assert entry.fusion in FUSIONS
    if entry.settings:
        assert load(entry.settings) is load(entry.target).Settings
        assert dataclasses.is_dataclass(load(entry.settings))
