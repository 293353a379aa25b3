"""How two configurations differ: flattened, from their preset, as one run, under one protocol. No torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from math import inf
from types import NoneType
from typing import Any

import yaml

from backbones.base.errors import UserError
from backbones.base.streams import STREAMS
from backbones.building import known
from harness.config.preset_files import preset_names, pretrained_by
from harness.config.resolve import plainest, resolve
from harness.config.schema import Config
from harness.data.registry import DATASETS
from methods.catalogue import METHODS, teacher_of
from methods.fusion.catalogue import FUSIONS

Tree = Mapping[str, Any]
AS_WEIGHTS = "run:"  # before a run's id, where a stream's weights are those of a run
# What a command names by options of their own, or what the machine resolves.
NAMED = (
    *("preset", "seed", "precision", "method.name", "method.fusion"),
    *("data.dataset", "data.split"),
)
BACKBONES = tuple(f"{name}.backbone" for name in STREAMS)


def flatten(tree: Tree, prefix: str = "") -> dict[str, Any]:
    """{"train.lr": 0.03, "local.window": 16, …}: the leaves of a configuration as `--set` names them.

    Settings of the method, of a stream and of the data stand next to the fields of their group; one with
    the name of a field keeps its full name, "local.settings.stride".
    """
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        if not isinstance(value, Mapping):
            leaves[prefix + key] = value
        elif key == "settings":
            for name, leaf in value.items():
                leaves[prefix + (f"settings.{name}" if name in tree else name)] = leaf
        else:
            leaves |= flatten(value, f"{prefix}{key}.")
    return leaves


def nested(leaves: Mapping[str, Any]) -> dict[str, Any]:
    """Back from `flatten`: {"train": {"lr": 0.03}}."""
    tree: dict[str, Any] = {}
    for key, value in leaves.items():
        *groups, leaf = key.split(".")
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        node[leaf] = value
    return tree


def differences(left: Tree, right: Tree) -> dict[str, tuple[Any, Any]]:
    """{key: (value of left, of right)} where two flat mappings differ; a key that is not there is None."""
    keys = dict.fromkeys((*left, *right))
    return {key: (left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)}


def as_yaml(value: Any) -> str:
    """A value as `--set` reads it, on one line: "null", "true", "[72, 80]", "1.0e-05"."""
    if type(value) is list and all(type(each) in _PLAIN for each in value):
        return _short_yaml(repr(value), tuple(value))
    if type(value) not in _PLAIN:
        return _yaml(value)
    return _short_yaml(repr(value), value)


_PLAIN = (str, int, float, bool, NoneType)


@lru_cache(maxsize=10_000)  # PyYAML takes 0.2 ms for a word; settings have few values
def _short_yaml(text: str, value: Any) -> str:
    """text: the value's own, so that 1, 1.0 and true, or 0.0 and -0.0, stay different values."""
    return _yaml([*value] if isinstance(value, tuple) else value)


def _yaml(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=inf, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def as_pairs(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Settings as `--set` takes them: ("train.lr=0.03", …)."""
    return tuple(f"{key}={as_yaml(value)}" for key, value in settings.items())


def run_key(tree: Tree) -> str:
    """The same for two configurations that are one run, up to the precision that the device resolves."""
    try:
        # Settings that are newer than a record have a default.
        plain = plainest(Config.model_validate(tree)).plain()
    except ValueError:
        plain = dict(tree)
    return json.dumps({**plain, "precision": None}, sort_keys=True)


def overrides(config: Config) -> dict[str, Any]:
    """{"train.lr": 0.5, …}: what differs from the preset, given method, fusion, data set and split.

    `--set` with these gives the configuration back. Names of a plug-in that is not loaded say nothing of the
    preset; what else differs is still found. Of a preset that is gone all settings are given.
    """
    wanted = {key: value for key, value in flatten(config.plain()).items() if key not in NAMED}
    found: dict[str, Any] = {}
    # A preset's settings for a family follow from the backbone, a two-stream network's from its local stream.
    for keys in (BACKBONES, tuple(wanted), tuple(wanted)):
        preset = _of_preset(config, found)
        found |= {key: wanted[key] for key in keys if key not in preset or preset[key] != wanted[key]}
    return found


def shared_overrides(config: Config) -> tuple[str, ...]:
    """The overrides that runs of other methods share, as `--set` pairs: none of the method's own settings,
    nor the weights of its teacher."""
    teacher = f"{teacher_of(config.method.name)}.weights"
    own = without_pair(overrides(config), config)
    return as_pairs({k: v for k, v in own.items() if k != teacher and not k.startswith("method.")})


def without_pair(settings: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Flat settings without what a recipe gives each pair: the runs it starts from, and its own videos."""
    if not has_recipe(config):
        return dict(settings)
    of_a_pair = {f"{name}.weights" for name in STREAMS if is_of_a_run(config.streams()[name].weights)}
    of_a_pair |= {"data.seed"} if is_drawn(config.data.dataset) else set()
    return {key: value for key, value in settings.items() if key not in of_a_pair}


def has_recipe(config: Config) -> bool:
    """Whether the run's preset pre-trains its streams, unless they are given weights. A method whose teacher
    is trained in another way than the recipe trains has a recipe of its own; one of a plug-in that is not
    loaded is taken for one without a teacher.
    """
    method = METHODS.find(config.method.name)
    if config.preset not in preset_names():
        return False
    by = pretrained_by(config.preset)
    return bool(by) and (method is None or method.taught_by in ("", by))


def is_of_a_run(weights: str | None) -> bool:
    """Whether `weights` of a stream names a run."""
    return (weights or "").startswith(AS_WEIGHTS)


def _of_preset(config: Config, over: Mapping[str, Any]) -> dict[str, Any]:
    """The preset with the names of the configuration and `over`, flattened, as far as names are known."""
    method, fusion, dataset = config.method.name, config.method.fusion, config.data.dataset
    pairs = {key: value for key, value in over.items() if _is_known(key, value, config)}
    return _leaves(
        config.preset,
        method if METHODS.find(method) else None,
        fusion if fusion and FUSIONS.find(fusion) else None,
        dataset if DATASETS.find(dataset) else None,
        as_pairs(pairs),
    )


def _is_known(key: str, value: Any, config: Config) -> bool:
    """Whether a setting can be resolved: a plug-in's own cannot where it is not loaded."""
    group, _, rest = key.partition(".")
    if key in BACKBONES:
        return known(value)
    if group == "fusion":
        return FUSIONS.find(rest.partition(".")[0]) is not None
    return group != "method" or METHODS.find(config.method.name) is not None


@cache  # of the records of a campaign they are few
def _leaves(
    preset: str, method: str | None, fusion: str | None, dataset: str | None, pairs: Sequence[str]
) -> dict[str, Any]:
    flags = {"method": {"name": method, "fusion": fusion}, "data": {"dataset": dataset}}
    try:
        return flatten(resolve(preset, flags, pairs).plain())
    except UserError:
        return {}


def protocol_settings(config: Tree, free: Iterable[str] = ()) -> dict[str, Any]:
    """The settings that two runs of one protocol share: all but the method, the seed and the precision, which
    the machine resolves, and what is of a pair: which run its streams come from, and which videos were drawn.

    free: further keys that may differ; "local.backbone" frees that stream's own settings too.
    """
    leaves = flatten({key: value for key, value in config.items() if key not in ("method", "seed")})
    leaves.pop("precision", None)
    for key in free:
        leaves.pop(key, None)
        if key in BACKBONES:
            leaves = without_own_settings(leaves, config, key.partition(".")[0])
    for name in STREAMS:
        if is_of_a_run(leaves.get(f"{name}.weights")):
            leaves[f"{name}.weights"] = AS_WEIGHTS
    if is_drawn(str(config["data"]["dataset"])):
        leaves.pop("data.seed", None)
    teacher = teacher_of(config["method"]["name"])
    if teacher and len({config[name].get("weights") for name in STREAMS}) > 1:
        leaves[f"{teacher}.weights"] = None  # they are part of the method, unless both streams are of one run
    if not leaves.get("fit.folds"):
        leaves.pop("fit.folds", None)  # older records do not have it
    return leaves


def is_drawn(dataset: str) -> bool:
    """Whether the data set draws its videos by a seed, so that each pair has its own."""
    entry = DATASETS.find(dataset)
    return entry is not None and entry.drawn


def without_own_settings(leaves: Tree, config: Tree, stream: str) -> dict[str, Any]:
    """Flat settings without those that the stream's backbone alone has."""
    own = {*flatten({stream: {"settings": config[stream].get("settings", {})}})}
    return {key: value for key, value in leaves.items() if key not in own}
