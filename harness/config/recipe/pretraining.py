"""The runs that a joint training starts from: a preset's recipe as a small graph of configurations. No torch.

A preset's `pretraining` says what differs from its joint training: of "local" and "global" where each stream
is pre-trained alone (the paper), of "both" where they share a recipe and one run trains them, each by its own
loss (`two_stream`). What a joint run says of its streams and its data holds for its pre-training too, so that
all methods on the same streams and clips start from the same run; its method, rates and length do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from backbones.base.errors import UsageError
from backbones.base.streams import STREAMS, StreamName
from harness.config.base.base import without_nulls
from harness.config.preset_files import merge, preset
from harness.config.resolve import plainest
from harness.config.schema import Config
from harness.config.typed.validation_messages import first_error
from harness.data.registry import DATASETS
from methods.catalogue import METHODS

BOTH = "both"
Tree = Mapping[str, Any]


@dataclass(frozen=True)
class PreTraining:
    """A run that a joint run starts from. streams: whose weights it gives."""

    streams: tuple[StreamName, ...]
    config: Config

    @contextmanager
    def named(self) -> Iterator[None]:
        """A `UsageError` meanwhile says that it is about the pre-training, whose settings are its own."""
        try:
            yield
        except UsageError as error:
            what, key = ("both streams", BOTH) if len(self.streams) > 1 else self.streams * 2
            raise UsageError(f"pre-training of {what} (--set pretraining.{key}.…): {error}") from error


def pretrainings(config: Config, pair: int | None = None, over: Tree | None = None) -> list[PreTraining]:
    """Of a joint run, for its streams without weights; none where its preset has no recipe.

    pair: the seed of the pre-training, the run's own where it is None. over: laid over the preset's
    `pretraining`. A method whose teacher is not trained as the recipe trains its streams has a recipe of its
    own.
    """
    recipe = merge(preset(config.preset).get("pretraining", {}), over or {})
    _check_keys(recipe)
    if not recipe or METHODS.get(config.method.name).taught_by not in ("", _method_of(recipe)):
        return []
    seed = config.seed if pair is None else pair
    lacking = [name for name in STREAMS if config.streams()[name].weights is None]
    if BOTH in recipe and len(lacking) == len(STREAMS):
        return [PreTraining(STREAMS, _config(config, recipe[BOTH], _method_of(recipe), {}, seed))]
    return [PreTraining((name,), of_stream(config, name, recipe, seed)) for name in lacking]


def _method_of(recipe: Tree) -> str:
    """What trains the streams first: both in one run, or each in its own."""
    return "two_stream" if BOTH in recipe else "single"


def _check_keys(recipe: Tree) -> None:
    """Raises UsageError for a part of `pretraining` that there is not."""
    for name, says in recipe.items():
        known: tuple[str, ...] = (*STREAMS, BOTH)
        if name in known and isinstance(says, Mapping):
            known = ("train", "test", "data", *STREAMS)
            wrong = next((key for key in says if key not in known), None)
            name = f"{name}.{wrong}" if wrong else ""
        if name:
            raise UsageError(
                f"unknown setting 'pretraining.{name}'; expected one of {', '.join(known)} there"
            )


def of_stream(config: Config, stream: StreamName, recipe: Tree, seed: int) -> Config:
    """The pre-training of one stream alone; a `UsageError` where the preset does not say how."""
    says = recipe.get(stream, recipe.get(BOTH))
    if says is None:
        raise UsageError(
            f"preset {config.preset} does not say how the {stream} stream is pre-trained: give "
            f"--weights-{stream}, or --from-scratch"
        )
    return _config(config, says, "single", {"stream": stream}, seed)


def begun_from(config: Config, weights: Mapping[StreamName, str | None]) -> Config:
    """The configuration whose streams begin with these weights."""
    fields = {"local": "local", "global": "glob"}
    streams = {
        fields[name]: config.streams()[name].model_copy(update={"weights": text})
        for name, text in weights.items()
    }
    return config.model_copy(update=streams)


def _config(joint: Config, says: Tree, method: str, settings: Tree, seed: int) -> Config:
    plain, base = joint.plain(), preset(joint.preset)
    tree = {
        "preset": joint.preset,
        "seed": seed,
        "precision": joint.precision,
        "compile": joint.compile,
        "method": {"name": method, "fusion": METHODS.get(method).fusion, "settings": dict(settings)},
        "train": merge(base["train"], says.get("train", {})),
        "test": merge(base["test"], says.get("test", {})),
    }
    for name in STREAMS:
        tree[name] = merge({**plain[name], "weights": None}, says.get(name, {}))
    tree |= _data(plain, says.get("data", {}), base.get("fit", {}))
    try:
        return plainest(Config.model_validate(without_nulls(tree)))
    except ValidationError as error:
        first = first_error(error)
        raise UsageError(f"pretraining: {first.line}") from None


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
