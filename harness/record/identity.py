"""Which run is which: a hash of all that changes a result, and of nothing else.

The rules have a version of their own, so that neither a new schema of records nor a new release, nor a new
setting at its default, gives a run another id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from harness.config.schema import Config
from harness.data.registry import DATASETS

IDENTITY = 1

_OF_A_STREAM = (
    *("backbone", "width", "weights", "frames", "stride", "short_side", "test_short_side", "crop"),
    *("settings", "flow.algorithm", "flow.bound", "flow.stack"),
)
# What identity 1 hashes whatever its value: add none here. Any other setting, those to come included, is
# hashed only where it differs from its default, which therefore never changes: a preset says otherwise.
ALWAYS = frozenset(
    {
        *("preset", "seed", "method.name", "method.fusion", "method.settings"),
        *(f"{stream}.{name}" for stream in ("local", "global") for name in _OF_A_STREAM),
        *("data.dataset", "data.split", "data.short", "data.flip", "data.settings"),
        *("train.epochs", "train.batch_size", "train.micro_batch", "train.lr", "train.warmup_steps"),
        *("train.momentum", "train.weight_decay"),
        *("test.local_clips", "test.global_clips", "test.crops", "test.store_maps"),
        *("fit.share", "fit.views"),
    }
)
# What configurations had when identity 1 was fixed, its rules apart.
FIRST = ALWAYS | {
    *("precision", "fusion"),
    *(f"{s}.{name}" for s in ("local", "global") for name in ("modality", "lr_factor", "head_lr_factor")),
}
# Settings that say where a data set's lists are and how strictly they are read. What comes of them, the
# videos with their labels and parts, is in the fingerprint; a path would make moved data another run.
WAYS_TO_THE_DATA = {
    *("annotations", "train_list", "test_list", "labels", "columns", "media", "missing", "checks"),
}


def run_id(
    config: Config,
    resolved: Mapping[str, Any],
    weights: Mapping[str, str | None],
    fingerprint: str,
    plugins: Iterable[str] = (),
    flips: bool | None = None,
) -> str:
    """12 hex digits over the configuration, what was resolved (precision, micro-batch), weights and data.

    weights: SHA-256 of each stream's weights file. plugins: identities of those that the run uses. flips:
    whether the data set's clips are flipped unless the configuration says otherwise. Roots, device, workers
    and output folder are not in it.
    """
    identity: dict[str, Any] = {
        "schema": IDENTITY,  # its name from when records and ids had one version
        "config": hashed_settings(config, flips),
        "resolved": {**resolved, **({"compile": True} if config.compile else {})},
        "weights": dict(weights),
        "data": fingerprint,
    }
    if used := sorted(plugins):
        identity["plugins"] = used
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def hashed_settings(config: Config, flips: bool | None = None) -> dict[str, Any]:
    """The part of the configuration that names the run, as plain types. flips: as for `run_id`."""
    tree = _stated(config, ALWAYS)
    for name in without_effect(config):
        _remove(tree, name)
    settings = config.data.settings
    tree["data"]["settings"] = {name: settings[name] for name in settings if name not in WAYS_TO_THE_DATA}
    # Stating what holds anyway makes no other run.
    if config.data.flip == flips:
        tree["data"]["flip"] = None
    if config.train.micro_batch == config.train.batch_size:
        tree["train"]["micro_batch"] = None
    return tree


def comparable_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that records are compared by, as plain types: newer ones where not at their default."""
    return _stated(Config.model_validate(config), FIRST)


def without_effect(config: Config) -> set[str]:
    """Settings that change nothing in this run, or whose effect is among what was resolved."""
    names = {"precision", "compile", "data.leaks"}
    for name, stream in config.streams().items():
        if stream.modality != "flow":
            names |= {f"{name}.flow.algorithm", f"{name}.flow.bound", f"{name}.flow.stack"}
    if not config.fit.share and not config.fit.folds:
        entry = DATASETS.find(config.data.dataset)
        own = entry is not None and "fit" in entry.parts  # it keeps videos for fitting rules itself
        names |= {"fit.share", *([] if own else ["fit.views"])}
    if config.test.part == "none":
        names |= {
            "fit.rules",
            "fit.views",
            "test.local_clips",
            "test.global_clips",
            "test.crops",
            "test.store_maps",
        }
    if not config.train.randaugment:
        names.add("train.randaugment_magnitude")
    if config.train.schedule != "plateau":
        names |= {"train.plateau_factor", "train.plateau_patience"}
    if config.train.optimizer != "sgd":
        names |= {"train.momentum", "train.dampening"}
    elif not config.train.momentum:
        names.add("train.dampening")  # of the momentum, and there is none
    return names


def _stated(config: Config, always: frozenset[str]) -> dict[str, Any]:
    """The settings named in `always`, and all others that differ from their default."""
    return _fields(config, PydanticUndefined, config.plain(), "", always)


def _fields(
    model: BaseModel, default: Any, plain: Mapping[str, Any], prefix: str, always: frozenset[str]
) -> dict[str, Any]:
    """Of one model, as `_stated`. default: what it is where it is not given, undefined where it must be.

    plain: the model as plain types. prefix: of its fields' names.
    """
    tree = {}
    for field, info in type(model).model_fields.items():
        name = info.alias or field
        value, usual = getattr(model, field), _default(info, default, field)
        if isinstance(value, BaseModel) and (usual is PydanticUndefined or isinstance(usual, type(value))):
            inner = _fields(value, usual, plain[name], f"{prefix}{name}.", always)
            if inner or usual is PydanticUndefined:
                tree[name] = inner
        elif prefix + name in always or value != usual:
            tree[name] = plain[name]
    return tree


def _default(info: FieldInfo, default: Any, field: str) -> Any:
    """Of a field of a model whose own default is `default`."""
    if isinstance(default, BaseModel):
        return getattr(default, field)
    return info.get_default(call_default_factory=True)


def _remove(tree: dict[str, Any], name: str) -> None:
    """The setting, and groups that are empty without it."""
    group, _, rest = name.partition(".")
    if not rest:
        tree.pop(group, None)
    elif group in tree:
        _remove(tree[group], rest)
        if not tree[group]:
            del tree[group]
