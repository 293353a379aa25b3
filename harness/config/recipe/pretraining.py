"""The runs that a joint training starts from: a preset's recipe as a small graph of configurations. No torch.

A preset's `pretraining` says what differs from its joint training: of "local" and "global" where each stream
is pre-trained alone (the paper), of "both" where they share a recipe and one run trains them, each by its own
loss (`two_stream`). What a joint run says of its streams and its data holds for its pre-training too, so that
all methods on the same streams and clips start from the same run; its method, rates and length do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from backbones.base.errors import UsageError, suggestion
from backbones.base.streams import STREAMS, StreamName
from backbones.building import find
from harness.config.base.base import Null, SettingError, without_nulls
from harness.config.preset_files import merge, preset
from harness.config.resolve import plainest
from harness.config.schema import Config, FitConfig
from harness.config.typed.validation_messages import explained, first_error
from harness.data.registry import DATASETS
from methods.catalogue import METHODS

BOTH = "both"
GROUPS = ("train", "test", "data", *STREAMS)  # what each part of a recipe may say
Tree = Mapping[str, Any]


@dataclass(frozen=True)
class PreTraining:
    """A run that a joint run starts from. streams: whose weights it gives. part: of the recipe, that says
    how: a stream alone may be trained by what is said of both."""

    streams: tuple[StreamName, ...]
    config: Config
    part: str

    @property
    def above(self) -> str:
        """What the names of its settings begin with."""
        return f"pretraining.{self.part}."

    @contextmanager
    def named(self) -> Iterator[None]:
        """A `UsageError` meanwhile says that it is about the pre-training, whose settings are its own."""
        try:
            yield
        except UsageError as error:
            what = "both streams" if len(self.streams) > 1 else self.streams[0]
            raise UsageError(f"pre-training of {what} (--set {self.above}…): {error}") from error


def pretrainings(config: Config, pair: int | None = None, over: Tree | None = None) -> list[PreTraining]:
    """Of a joint run, for its streams without weights; none where its preset has no recipe.

    pair: the seed of the pre-training, the run's own where it is None. over: laid over the preset's
    `pretraining`. A method whose teacher is not trained as the recipe trains its streams has a recipe of its
    own. A `SettingError` names by its full name what is wrong with a setting of the recipe.
    """
    recipe = merge(preset(config.preset).get("pretraining", {}), over or {})
    _check_keys(recipe)
    if not recipe or METHODS.get(config.method.name).taught_by not in ("", _method_of(recipe)):
        return []
    seed = config.seed if pair is None else pair
    lacking = [name for name in STREAMS if config.streams()[name].weights is None]
    if BOTH in recipe and len(lacking) == len(STREAMS):
        return [PreTraining(STREAMS, _of_part(config, recipe, BOTH, seed), BOTH)]
    return [_of_stream(config, name, recipe, seed) for name in lacking]


def check_recipe(config: Config, over: Tree | None = None) -> None:
    """Raises what `pretrainings` would of any part of the recipe, and of those that this run does not need:
    another method, or weights for one stream, may ask for them."""
    recipe = merge(preset(config.preset).get("pretraining", {}), over or {})
    _check_keys(recipe)
    bare = config.model_copy(update={"fit": FitConfig()})  # cross-fitting is the joint run's alone
    for part in recipe:
        _of_part(bare, recipe, part, config.seed)


def _method_of(recipe: Tree) -> str:
    """What trains the streams first: both in one run, or each in its own."""
    return "two_stream" if BOTH in recipe else "single"


def _check_keys(recipe: Tree) -> None:
    """Raises SettingError for a part of `pretraining` that there is not, and for one that is no group."""
    for part, says in recipe.items():
        _check_group("pretraining.", part, says, (*STREAMS, BOTH))
        above = f"pretraining.{part}."
        for group, own in says.items():
            _check_group(above, group, own, GROUPS)
        _check_name(above, "data", "dataset", says, DATASETS.get)
        for stream in STREAMS:
            _check_name(above, stream, "backbone", says, find)


def _check_group(above: str, name: str, value: Any, known: Sequence[str]) -> None:
    key = above + name
    if name not in known:
        near = suggestion(name, list(known)).replace("mean '", f"mean '{above}")
        hint = near or f"; expected one of {', '.join(known)} there"
        raise SettingError(key, f"unknown setting '{key}'{hint}")
    if not isinstance(value, Mapping):
        given = "null" if value is None or isinstance(value, Null) else repr(value)[:60]
        raise SettingError(key, f"{key}: got {given}; expected settings by name, such as {{NAME: VALUE}}")


def _check_name(above: str, group: str, leaf: str, says: Tree, get: Callable[[str], object]) -> None:
    """Raises SettingError where the recipe names what there is not."""
    if (value := says.get(group, {}).get(leaf)) is None:
        return
    key = f"{above}{group}.{leaf}"
    if not isinstance(value, str):
        raise SettingError(key, f"{key}: got {value!r}; expected a name")
    try:
        get(value)
    except UsageError as error:
        raise SettingError(key, f"{key}: {error}") from None


def _of_stream(config: Config, stream: StreamName, recipe: Tree, seed: int) -> PreTraining:
    """The pre-training of one stream alone; a `UsageError` where the preset does not say how."""
    part = stream if stream in recipe else BOTH
    if part not in recipe:
        raise UsageError(
            f"preset {config.preset} does not say how the {stream} stream is pre-trained: give "
            f"--weights-{stream}, or --from-scratch"
        )
    made = _config(config, recipe[part], {"name": "single", "settings": {"stream": stream}}, part, seed)
    return PreTraining((stream,), made, part)


def _of_part(config: Config, recipe: Tree, part: str, seed: int) -> Config:
    """What a part of the recipe says of its own streams."""
    alone = {"name": "single", "settings": {"stream": part}}
    method = {"name": "two_stream", "settings": {}} if part == BOTH else alone
    return _config(config, recipe[part], method, part, seed)


def begun_from(config: Config, weights: Mapping[StreamName, str | None]) -> Config:
    """The configuration whose streams begin with these weights."""
    fields = {"local": "local", "global": "glob"}
    streams = {
        fields[name]: config.streams()[name].model_copy(update={"weights": text})
        for name, text in weights.items()
    }
    return config.model_copy(update=streams)


def _config(joint: Config, says: Tree, method: Tree, part: str, seed: int) -> Config:
    plain, base = joint.plain(), preset(joint.preset)
    tree = {
        "preset": joint.preset,
        "seed": seed,
        "precision": joint.precision,
        "compile": joint.compile,
        "method": {**method, "fusion": METHODS.get(method["name"]).fusion},
        "train": merge(base["train"], says.get("train", {})),
        "test": merge(base["test"], says.get("test", {})),
    }
    for name in STREAMS:
        tree[name] = merge({**plain[name], "weights": None}, says.get(name, {}))
    tree |= _data(plain, says.get("data", {}), base.get("fit", {}))
    try:
        return plainest(Config.model_validate(without_nulls(tree)))
    except ValidationError as error:
        first, above = first_error(error), f"pretraining.{part}."
        raise SettingError(above + first.setting, explained(first, above)) from None


def _data(joint: Tree, says: Tree, fit: Tree) -> dict[str, Any]:
    """Its data set and what is kept from its training, which is kept from the pre-training as well.

    A joint run on generated clips, whose classes are on no other data set, is pre-trained on such clips.
    fit: what the preset says; whether and how a joint run fits rules makes no other pre-training.
    """
    own = joint["data"]["dataset"]
    name = own if DATASETS.get(own).drawn else says.get("dataset", own)
    if name == own:
        if joint["fit"]["folds"]:
            raise UsageError(
                f"fit.folds={joint['fit']['folds']}: its streams would be pre-trained on the videos to "
                "cross-fit on; give --from-scratch, or fit.share"
            )
        kept = merge(fit, {"share": joint["fit"]["share"]})
        return {"data": merge(joint["data"], {**says, "dataset": own}), "fit": kept}
    return {"data": merge({"split": DATASETS.get(name).splits[0]}, says)}
