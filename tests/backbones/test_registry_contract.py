"""Every backbone of the registry keeps the contract: a new entry is tested by being there."""

from functools import cache, partial
from typing import Any

import pytest
from support.narrow_backbones import sizes
from torch import nn

from backbones import BACKBONES, build, find
from backbones.check import RULES, Subject, examine

find("r2plus1d50")  # fills the registry

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
    return Subject(partial(build, name, **sizes(name)))


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
