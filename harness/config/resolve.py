"""From a preset, the command line's flags and `--set key=value` to one resolved configuration."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from backbones.base.errors import UsageError, suggestion
from backbones.base.plain_text import clean
from backbones.building import find
from backbones.registry import family_of
from harness.config.base.base import NULL, Base, Null, SettingError, base_of, without_nulls
from harness.config.base.given_networks import with_given_networks
from harness.config.preset_files import NAMED, merge, preset
from harness.config.pretrain_option import apply_recipe, check_recipe
from harness.config.schema import Config
from harness.config.typed.full_names import full_key
from harness.config.typed.set_value import read_value
from harness.config.typed.validation_messages import explained, first_error
from harness.data.registry import DATASETS, setting_defaults
from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from methods.defaults import non_default, settings_class
from methods.fusion.catalogue import FUSIONS

Tree = dict[str, Any]
# What the streams of a two-stream network share besides their backbone, where it is said of the local one.
TWIN = (
    *("width", "frames", "stride", "short_side", "test_short_side", "crop"),
    *("lr_factor", "head_lr_factor", "frozen_layers"),
)


def parse_settings(pairs: Iterable[str]) -> Tree:
    """`--set` pairs ("train.lr=0.01") as a tree. Values are read as YAML: lists and null can be given.

    A `UsageError` where one is not such a pair, or gives a value to a group of settings.
    """
    tree: Tree = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        names = full_key(key.strip()).split(".")
        if not equals or not all(names):
            raise UsageError(f"--set {pair}: expected key=value, for example --set train.lr=0.01")
        node: Any = tree
        *parents, leaf = names
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise UsageError(f"--set {pair}: '{parent}' has a value of its own; give one of them")
        node[leaf] = read_value(pair, value)
        if node[leaf] is None:
            node[leaf] = NULL
    return tree


def resolve(base: str | Base, flags: Tree, pairs: Iterable[str], pretrain: str | None = None) -> Config:
    """The configuration; a `UsageError` names the first thing that is wrong with it.

    base: the name of a preset, or what a configuration file says (`harness.config.base`). pretrain: the
    stream, "local" or "global", that is trained alone, or "both" for the run that joint trainings start
    from; None trains both jointly. Of a data set that `data.seed` draws, a preset with a recipe takes the
    run's seed, so that each pre-training has videos of its own.
    """
    base, settings = base_of(base), parse_settings(pairs)
    name, flags = PAPERS.preset(base.preset), base.flags(flags)
    _check_groups(settings)
    if base.whole is not None and pretrain:
        raise UsageError(
            f"--pretrain {pretrain}: the file is a whole configuration, which has no recipe; say "
            f"'extends: {name}' in the place of its 'preset'"
        )
    tree = apply_recipe(base.tree, pretrain, merge)
    settings.pop("pretraining", None)  # of the runs it starts from (`harness.config.recipe.pretraining`)
    if base.whole is None:
        tree = with_given_networks(tree, merge(flags, settings))
        tree = _with_twins(tree, flags, settings)
    tree = merge(merge(tree, flags), settings)
    check_recipe(tree, pretrain)
    with base.naming_rows():
        config = _validated(
            _with_defaults(without_nulls(merge({"preset": name}, _with_family_settings(tree))))
        )
    return plainest(on_own_scenes(config)) if base.whole is None else config


def _validated(tree: Tree) -> Config:
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        first = first_error(error)
        raise SettingError(first.setting, explained(first)) from None
    check_method_settings(config)
    if config.fusion:
        from harness.config.fusion_rules import check_settings

        check_settings(config.fusion)
    _check_text(config.plain())
    return config


def _check_text(tree: Mapping[str, Any], group: str = "") -> None:
    """A `SettingError` for a file's name in other bytes than UTF-8's: no record and no id can hold it."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            _check_text(value, f"{group}{name}.")
        elif isinstance(value, str) and clean(value) != value and not _is_unicode(value):
            said = f"'{clean(value)}' is not UTF-8; rename the file, or link to it by another name"
            raise SettingError(f"{group}{name}", f"{group}{name}: {said}")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_groups(settings: Tree) -> None:
    """Raises UsageError where a group of settings is given one value, or a name is no text."""
    if "families" in settings:
        raise UsageError("unknown setting 'families': only a preset says what holds for a family of networks")
    for key, info in Config.model_fields.items():
        name = info.alias or key
        group = isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
        if group and name in settings and not isinstance(settings[name], dict):
            raise _is_group(name)
    if not isinstance(settings.get("pretraining", {}), dict):
        raise _is_group("pretraining")
    for named, leaf in NAMED:
        value = settings.get(named, {}).get(leaf, "")
        if not isinstance(value, str):
            shown = "null" if isinstance(value, Null) else repr(value)[:60]
            raise UsageError(f"{named}.{leaf}: got {shown}; expected a name")


def _is_group(name: str) -> SettingError:
    return SettingError(
        name,
        f"--set {name}=…: '{name}' is a group of settings; give one of them, as {name}.NAME=VALUE",
    )


def on_own_scenes(config: Config) -> Config:
    """The configuration on the videos that its seed draws, where its preset has a recipe and nothing else is
    said: each pre-training then has videos of its own."""
    drawn = DATASETS.get(config.data.dataset).drawn and "pretraining" in preset(config.preset)
    return with_scenes(config, config.seed) if drawn and "seed" not in config.data.settings else config


def with_scenes(config: Config, pair: int) -> Config:
    """The configuration on the videos that this seed draws."""
    settings = {**config.data.settings, "seed": pair}
    return plainest(config.model_copy(update={"data": config.data.model_copy(update={"settings": settings})}))


def plainest(config: Config) -> Config:
    """Without settings of the method and of the data set that say their defaults: the same run."""
    defaults = setting_defaults(config.data.dataset) if DATASETS.find(config.data.dataset) else {}
    settings = config.data.settings
    own = {key: value for key, value in settings.items() if key not in defaults or defaults[key] != value}
    if own != settings:
        config = config.model_copy(update={"data": config.data.model_copy(update={"settings": own})})
    method = config.method.model_copy(
        update={"settings": non_default(config.method.name, config.method.settings)}
    )
    return config.model_copy(update={"method": method})


def check_agree(flags: Mapping[str, Any], settings: Mapping[str, Any], prefix: str = "") -> None:
    """A `UsageError` where an option and `--set` of one command give one setting two values.

    Another where `--set` gives one value to a group of settings.
    """
    for key, value in flags.items():
        other = settings.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            check_agree(value, other, f"{prefix}{key}.")
        elif isinstance(value, Mapping) and key in settings:
            raise _is_group(f"{prefix}{key}")
        elif value is not None and isinstance(other, str | int | float) and value != other:
            said = f"--set {prefix}{key}={other}"
            raise UsageError(f"{said}: an option of the same command says {value}; give one of the two")


def _with_twins(tree: Tree, flags: Tree, settings: Tree) -> Tree:
    """The preset for a two-stream network: one backbone on the same clips, over flow and over RGB.

    What is said of the local stream (its backbone, TWIN) holds for the global one too, where nothing else is
    said of that.
    """
    given = merge(flags, settings)
    entry = METHODS.get(merge(tree["method"], given.get("method", {}))["name"])
    if not entry.twins:
        return tree
    said = given.get("local", {})
    network = {"backbone": entry.twins} | {
        key: said[key] for key in ("backbone", *TWIN) if said.get(key) is not None
    }
    twin = merge(tree["local"], network)
    clips = given.get("test", {}).get("local_clips", tree["test"]["local_clips"])
    test = tree["test"] | {"global_clips": clips}
    return tree | {"local": twin | {"modality": "flow"}, "global": twin, "test": test}


def _with_family_settings(tree: Tree) -> Tree:
    """A preset's `families`: settings for streams whose builder is in that module, under what was given."""
    families = tree.pop("families", {})
    for stream in ("local", "global"):
        name = tree[stream]["backbone"]
        if not isinstance(name, str):
            raise UsageError(f"{stream}.backbone: got {name!r}; expected the name of a backbone")
        own = families.get(family_of(find(name)), {})
        tree[stream] = merge({"settings": own}, tree[stream])
    return tree


def _with_defaults(tree: Tree) -> Tree:
    """What follows from the names: the method's own fusion, the data set's first split."""
    method = METHODS.get(tree["method"]["name"])
    dataset = DATASETS.get(tree["data"]["dataset"])
    for stream in ("local", "global"):  # a library's own name and ours are one network, and one run
        tree = merge(tree, {stream: {"backbone": find(tree[stream]["backbone"]).name}})
    tree = merge({"method": {"fusion": method.fusion}, "data": {"split": dataset.splits[0]}}, tree)
    FUSIONS.get(tree["method"]["fusion"])
    return tree


def method_settings(config: Config) -> Any:
    """The method's own settings, typed; a `SettingError` where one is unknown, mistyped or not finite."""
    typed = settings_class(config.method.name)
    known = [field.name for field in dataclasses.fields(typed)]
    for key in config.method.settings:
        if key not in known:
            says = f"its settings are {', '.join(known)}" if known else "it has none"
            raise SettingError(
                f"method.settings.{key}",
                f"method '{config.method.name}' has no setting '{key}'{suggestion(key, known)} ({says})",
            )
    try:
        settings = TypeAdapter(typed).validate_python(config.method.settings)
    except ValidationError as error:
        first = first_error(error)
        raise SettingError(f"method.settings.{first.setting}", f"method.{explained(first)}") from None
    for key in config.method.settings:
        value = getattr(settings, key)
        if isinstance(value, float) and not math.isfinite(value):
            raise SettingError(
                f"method.settings.{key}", f"method.{key}: got {value}; expected a finite number"
            )
    return settings


def check_method_settings(config: Config) -> None:
    """Raises what `method_settings` raises, before anything is started."""
    method_settings(config)
