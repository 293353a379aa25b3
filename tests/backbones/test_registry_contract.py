"""Every backbone of the registry keeps the contract: a new entry is tested by being there."""

from functools import cache, partial
from typing import Any

import pytest
from torch import nn

from backbones import REGISTRY, build, find
from backbones.check import RULES, Subject, examine

find("r2plus1d50")  # fills the registry

NARROW: dict[str, Any] = {"classes": 5, "frames": 8, "size": 32, "width": 0.125}
SPECIAL: dict[str, dict[str, Any]] = {
    "r2plus1d18_tv": {"width": 1.0, "frames": 4, "size": 16},
    "vtn_vitb": {"frames": 3, "layers": 2},
    "vtn_resnet50": {"frames": 3},
    "vtn_resnet101": {"frames": 2, "layers": 1},
    "vtn:efficientnet_lite0": {"frames": 3, "width": 1.0, "hidden": 32},
    "vtn:*": {"frames": 2, "inner": "convnext_atto"},
    "mvit_v2_s": {"frames": 4},
}


@cache
def subject(name: str) -> Subject:
    return Subject(partial(build, name, **(NARROW | SPECIAL.get(name, {}))))


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("name", REGISTRY.names())
def test_contract(name: str, rule: str) -> None:
    finding = examine(rule, subject(name))
    assert finding.holds, finding.detail


@pytest.mark.parametrize("name", ["r2plus1d18", "r2plus1d50", "r3d18", "r2plus1d18_tv", "r2plus1d50_ptv"])
def test_the_dangerous_time_of_two_occurs_in_these_checks(name: str) -> None:
    """bf16 gradients went wrong where a temporal kernel of stride 1 met T = 2."""
    times: list[int] = []
    network = subject(name).fresh()
    for module in network.backbone.modules():
        if isinstance(module, nn.Conv3d) and module.kernel_size[0] > 1 and module.stride[0] == 1:
            module.register_forward_hook(lambda _, args, out: times.append(args[0].shape[2]))
    network.features()
    assert 2 in times


@pytest.mark.parametrize("entry", list(REGISTRY), ids=lambda entry: entry.name)
def test_entry_names_what_the_network_has(entry: Any) -> None:
    network = subject(entry.name).backbone
    assert entry.middle in network.stages or network.middle in network.stages
    assert set(entry.weights) == set(network.zoo())
    assert entry.role in ("local", "global")
