"""What the pre-training of a joint run was told besides its preset's recipe, read from the runs. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backbones.base.errors import UserError
from backbones.base.streams import STREAMS, StreamName
from harness.config.difference import nested, run_key
from harness.config.preset_files import preset, preset_names
from harness.config.recipe.pretraining import BOTH, GROUPS, PreTraining, begun_from, pretrainings
from harness.config.schema import Config


def recipe_settings(joint: Config, runs: Mapping[StreamName, Config], seed: int) -> dict[str, Any]:
    """{"pretraining.both.train.epochs": 1}: with these as `--set`, the joint run has these pre-trainings.

    runs: the configuration of the run that each stream comes from. seed: theirs. Empty where they are as the
    preset has them, where it has no recipe, and where they are runs that no setting makes of the recipe.
    """
    if joint.preset not in preset_names():
        return {}
    bare = begun_from(joint, dict.fromkeys(STREAMS))
    try:
        usual = pretrainings(bare, seed)
        found = {key: value for each in usual for key, value in _differing(each, runs)}
        made = pretrainings(bare, seed, nested(found).get("pretraining"))
    except UserError:
        return {}
    same = all(_is_one_run(each.config, runs.get(name)) for each in made for name in each.streams)
    return found if same else {}


def _differing(usual: PreTraining, runs: Mapping[StreamName, Config]) -> Iterator[tuple[str, Any]]:
    """The settings in which the run is not the usual one."""
    name = usual.streams[0]
    if name not in runs:
        return
    part = BOTH if len(usual.streams) > 1 or name not in _recipe(usual.config.preset) else name
    theirs, ours = _leaves(usual.config.plain()), _leaves(runs[name].plain())
    for key in dict.fromkeys((*theirs, *ours)):
        if key.partition(".")[0] in GROUPS and ours.get(key) != theirs.get(key):
            yield f"pretraining.{part}.{key}", ours.get(key)


def _recipe(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = preset(name).get("pretraining", {})
    return found


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """By their full names, as a recipe has them ("data.settings.train_per_class")."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        leaves |= _leaves(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return leaves


def _is_one_run(config: Config, other: Config | None) -> bool:
    return other is not None and run_key(config.plain()) == run_key(other.plain())
