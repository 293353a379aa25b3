"""The first of pydantic's errors, in the words of all our errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from backbones.base.errors import suggestion
from harness.config.schema import Config
from harness.pydantic_words import expected

# What other tools call our settings.
SYNONYMS = {
    "learning_rate": "lr",
    "base_lr": "lr",
    "wd": "weight_decay",
    "decay": "weight_decay",
    "num_epochs": "epochs",
    "max_epochs": "epochs",
    "batch": "batch_size",
    "num_frames": "frames",
    "clip_len": "frames",
    "sampling_rate": "stride",
    "frame_interval": "stride",
    "size": "crop",
    "crop_size": "crop",
    "image_size": "crop",
    "model": "backbone",
    "arch": "backbone",
    "pretrained": "weights",
    "checkpoint": "weights",
    "warmup": "warmup_steps",
    "gradient_clip": "clip_norm",
    "num_clips": "local_clips",
    "num_crops": "crops",
}


_OPENING = re.compile(r"'(?=\w)")  # quote, before a name


@dataclass(frozen=True)
class FirstError:
    """setting: its dotted name, "" of the whole. kind: pydantic's type, as "extra_forbidden".

    message: what was expected, as "expected true or false". given: the value that was not accepted. place:
    of the setting, as pydantic says it.
    """

    setting: str
    kind: str
    message: str
    given: Any
    place: tuple[int | str, ...] = ()

    @property
    def line(self) -> str:
        """The setting and the message; of the whole the message alone."""
        return ": ".join(filter(None, (self.setting, self.message)))


def first_error(error: ValidationError) -> FirstError:
    """Of a validation: first a name that does not exist, which may be why another one is missing."""
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    message, place = expected(first["msg"]), first["loc"]
    return FirstError(dotted(place), first["type"], message, first["input"], place)


@cache
def setting_names() -> frozenset[str]:
    """The full names of all settings, and of their groups: "train", "train.lr"."""
    return frozenset(_names(Config))


def _names(model: type[BaseModel], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, info in model.model_fields.items():
        dotted = prefix + (info.alias or name)
        found.add(dotted)
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found |= _names(info.annotation, dotted + ".")
    return found


def explained(first: FirstError, above: str = "") -> str:
    """The error as one line that names the setting. above: what its name begins with, "pretraining.both."."""
    key = above + first.setting if first.setting else above.rstrip(".") or "configuration"
    if first.kind == "extra_forbidden":
        shown = "; the configuration that 'harness run … --dry-run' prints has all settings"
        hint = _OPENING.sub(f"'{above}", meant(first.setting))
        return f"unknown setting '{key}'{hint or shown}"
    if first.kind == "missing":
        return f"setting '{key}' is needed and has no value"
    # Of rules between settings pydantic gives the whole group that they stand in.
    given = "" if isinstance(first.given, dict) else f"got {first.given!r}; "
    return f"{key}: {given}{first.message}"


def meant(key: str, beside: Sequence[str] = ()) -> str:
    """`; did you mean 'train.lr'?` for the setting that was probably meant, in its own group first.

    beside: further words that may stand where a group of settings does.
    """
    group, _, leaf = key.rpartition(".")
    leaf, names = SYNONYMS.get(leaf, leaf), sorted(setting_names())
    own = [name for name in names if name.rpartition(".")[0] == group]
    for known in (own, names):
        if ends := [name for name in known if name.rpartition(".")[2] == leaf]:
            return f"; did you mean {' or '.join(map(repr, ends))}?"
    near = suggestion(leaf, [*(name.rpartition(".")[2] for name in own), *beside])
    if near and group:
        return near.replace("mean '", f"mean '{group}.")
    return near or suggestion(key, names)


def unknown_settings(error: ValidationError) -> list[str]:
    """The dotted names of all settings that do not exist."""
    return [dotted(each["loc"]) for each in error.errors() if each["type"] == "extra_forbidden"]


def dotted(location: tuple[int | str, ...]) -> str:
    """Where an error is, as `--set` names it."""
    return ".".join(str(part) for part in location)
