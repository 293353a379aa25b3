"""Every backbone of the registry keeps the contract: a new entry is tested by being there."""

from functools import cache, partial
from typing import Any

import pytest
from torch import nn

from backbones import BACKBONES, build, find
from backbones.check import RULES, Subject, examine

find("r2plus1d50")  # fills the registry

NARROW: dict[str, Any] = {"classes": 5, "frames": 8, "size": 32, "width": 0.125}
SPECIAL: dict[str, dict[str, Any]] = {
    "s3d": {"frames": 16},
    "mvit_v1_b": {"frames": 4},
    "mvit_base_16x4": {"frames": 4, "width": 0.25},
    "c2d_r50": {"frames": 4},
    "slow_r50": {"frames": 4},
    "i3d_r50": {"frames": 4},
    "x3d_xs": {"frames": 2},
    "x3d_s": {"frames": 2},
    "x3d_m": {"frames": 2},
    "x3d_l": {"frames": 2},
    "vtn_vitb": {"frames": 3, "layers": 2},
    "vtn_resnet50": {"frames": 3},
    "vtn_resnet101": {"frames": 2, "layers": 1},
    "vtn:efficientnet_lite0": {"frames": 3, "width": 1.0, "hidden": 32},
    "vtn:*": {"frames": 2, "inner": "convnext_atto"},
    "mvit_v2_s": {"frames": 4},
    "timesformer": {"frames": 3, "layers": 4},
    "videomae": {"frames": 4, "layers": 4},
    "vivit": {"frames": 4, "layers": 5},
}
MEETS_TWO = ["r2plus1d18", "r2plus1d50", "r3d18", "r2plus1d18_tv", "r3d_18", "s3d", "r2plus1d50_ptv"]
# One network under names that differ in the clip alone: its shapes are enough.
SAME_NETWORK = {"x3d_s", "x3d_m"}
CASES = [
    (name, rule)
    for name in BACKBONES.names()
    for rule in RULES
    if name not in SAME_NETWORK or rule == "shapes_are_right"
]


@cache
def subject(name: str) -> Subject:
    return Subject(partial(build, name, **(NARROW | SPECIAL.get(name, {}))))


@pytest.mark.parametrize(("name", "rule"), CASES)
def test_contract(name: str, rule: str) -> None:
    finding = examine(rule, subject(name))
    assert finding.holds, finding.detail


@pytest.mark.parametrize("name", MEETS_TWO)
def test_the_dangerous_time_of_two_occurs_in_these_checks(name: str) -> None:
    """bf16 gradients went wrong where a temporal kernel of stride 1 met T = 2."""
    times: list[int] = []
    network = subject(name).fresh()
    for module in network.backbone.modules():
        if isinstance(module, nn.Conv3d) and module.kernel_size[0] > 1 and module.stride[0] == 1:
            module.register_forward_hook(lambda _, args, out: times.append(args[0].shape[2]))
    network.features()
    assert 2 in times


@pytest.mark.parametrize("entry", list(BACKBONES), ids=lambda entry: entry.name)
def test_entry_names_what_the_network_has(entry: Any) -> None:
    network = subject(entry.name).backbone
    assert entry.middle in network.stages or network.middle in network.stages
    assert set(entry.weights) == set(network.zoo())
    assert entry.role in ("local", "global")
