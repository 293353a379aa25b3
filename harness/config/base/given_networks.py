"""What a preset says of streams with given weights, and of networks that are not its own. No torch.

with_weights: {local: {lr_factor: 0.1}}     # of a stream whose weights are given
own_input: true                             # another network than the preset's sees what its source says
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backbones.base.streams import STREAMS
from backbones.building import find, known
from harness.config.preset_files import merge

Tree = dict[str, Any]


def with_given_networks(tree: Tree, given: Mapping[str, Any]) -> Tree:
    """The preset for the networks and weights that are given; `given` still lies over it."""
    says, own = tree.get("with_weights", {}), tree.get("own_input", False)
    plain = {key: value for key, value in tree.items() if key not in ("with_weights", "own_input")}
    for name in STREAMS:
        asked = given.get(name, {})
        if isinstance(asked.get("weights", plain[name].get("weights")), str):
            plain[name] = merge(plain[name], says.get(name, {}))
        if own and isinstance(network := asked.get("backbone"), str):
            plain[name] = merge(plain[name], _input(network, plain[name]["backbone"]))
    return plain


def _input(network: str, of_preset: str) -> Tree:
    """The clips of the network's source, all of whose layers are trained: which may be frozen follows from
    how many it has. Nothing where it is the preset's own, or one that `resolve` will refuse."""
    if not known(network) or find(network).name == find(of_preset).name:
        return {}
    source = find(network).input
    return {
        "frames": source.frames,
        "stride": source.stride,
        "short_side": list(source.short_side),
        "test_short_side": source.test_short_side,
        "crop": source.crop,
        "frozen_layers": 0,
    }
