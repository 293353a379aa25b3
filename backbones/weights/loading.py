"""Weights by name or from a file: tensors only, never code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.plain_text import clean
from backbones.contract import Backbone
from backbones.parts.stem import inflatable, inflated
from backbones.pretrained import Pretrained
from backbones.weights.checks import check_values
from backbones.weights.classifier import classifier_of
from backbones.weights.files import file_sha256, read_file, read_tensors
from backbones.weights.prefixes import unprefixed
from backbones.weights.refused import check_named

MAX_UNKNOWN = 0.1  # of a file's tensors: as many as another library's classifier, no more


@dataclass(frozen=True)
class WeightsReport:
    """What was loaded.

    source: file or zoo name. sha256: of the file, or of the tensors where a hub keeps the file.
    loaded, missing: names of the backbone's tensors that were given, or stay as initialised.
    skipped: names in the source that this network does not have (the classifier, where the classes differ).
    mean, std: per channel, of pixels in [0, 1]; None where the source does not say.
    inflated: names of the stem's weights that were given for RGB and made to fit this network's channels.
    origin: as of `Pretrained`, with the run alone where its folder is not known: of its checkpoint that lies
    apart (None, since it does not say its run), and of a file that was exported from it.
    """

    source: str
    sha256: str
    loaded: list[str]
    skipped: list[str]
    missing: list[str]
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    inflated: list[str] = field(default_factory=list)
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def apart_from_its_run(self) -> bool:
        return set(self.origin) == {"run"}


def load_weights(
    backbone: Backbone, name_or_file: str | Path, stream: str = "local", called: str = ""
) -> WeightsReport:
    """Load published weights (a name of `backbone.zoo()`) or a file into `backbone`, in place.

    stream: which stream of a run's checkpoint is meant, where the file is one. called: the backbone's name,
    for errors.
    A classifier for other classes is left out. Raises UsageError for a name that is neither, UserError where
    a hub cannot be reached or the tensors are not this network's.
    """
    zoo = backbone.zoo()
    name = str(name_or_file)
    if name in zoo:
        given = zoo[name]()
    elif os.path.lexists(name):
        check_named(name)
        given = from_file(backbone, Path(name), stream)
    else:
        check_named(name)
        known = f"it has {', '.join(zoo)}" if zoo else "none are published for it"
        raise UsageError(
            f"no weights called '{name}' for the {stream} stream's {called or 'network'}"
            f"{suggestion(name, list(zoo)) or ';'} {known}; a file or a finished run can be given too"
        )
    return load_tensors(backbone, given)


def load_tensors(backbone: Backbone, given: Pretrained, *, classifier: bool = True) -> WeightsReport:
    """Loads tensors into `backbone`, in place; a `UserError` where they are another network's or not finite.

    given: tensors of any shape; those with the name and the shape of one here are taken. classifier: whether
    the last layer's are too.
    """
    own = backbone.state_dict()
    stems = _inflated(backbone, given.tensors)
    given = replace(given, tensors=given.tensors | stems)
    without = () if classifier else classifier_of(backbone)
    fitting = {
        key: tensor
        for key, tensor in given.tensors.items()
        if key in own and own[key].shape == tensor.shape and not key.startswith(without)
    }
    missing = [key for key in own if key not in fitting]
    skipped = sorted(given.tensors.keys() - fitting.keys())
    why = misfit(backbone, given.tensors, fitting)
    if why:
        raise UserError(f"{given.source} does not fit this network: {why}{_keys(given.tensors, own)}")
    check_values(given.source, fitting, own)
    backbone.load_state_dict(fitting, strict=False)
    # Mean and std of RGB do not apply to a network over other channels.
    mean, std = (None, None) if stems else (given.mean, given.std)
    return WeightsReport(
        source=given.source,
        sha256=given.sha256,
        loaded=sorted(fitting),
        skipped=skipped,
        missing=missing,
        mean=mean,
        std=std,
        inflated=sorted(stems),
        origin=given.origin,
    )


def _keys(given: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> str:
    """Two keys of either side that the other has not, so that a prefix or another network is seen."""
    sides = []
    for here, there in ((given, own), (own, given)):
        apart = [key for key in here if key not in there] or list(here)
        sides.append(", ".join(dict.fromkeys((apart[0], apart[-1]))))
    return clean(f" (its keys: {sides[0]}; here: {sides[1]})")


def _inflated(backbone: Backbone, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The stem's weights over RGB among `tensors`, made to fit a network over other channels."""
    own, channels = backbone.state_dict(), backbone.channels
    stems = [
        key for key, tensor in tensors.items() if key in own and inflatable(tensor, own[key].shape, channels)
    ]
    return {key: inflated(tensors[key], channels) for key in stems}


def misfit(backbone: Backbone, given: dict[str, Tensor], fitting: dict[str, Tensor]) -> str | None:
    """Why `given` belongs to another network, or None, by names and shapes of its tensors.

    fitting: those of `given` that have a place. The classifier may differ; parts may be missing.
    """
    own, classifier = backbone.state_dict(), classifier_of(backbone)
    if not fitting:
        return "none of its tensors has the name and shape of one here"
    for key in given.keys() & own.keys() - fitting.keys():
        if not key.startswith(classifier):
            shapes = f"{tuple(given[key].shape)}, here {tuple(own[key].shape)}"
            return f"{key} is {shapes}; was it saved at another width or size, or for other channels?"
    unknown = given.keys() - own.keys()
    if len(unknown) > MAX_UNKNOWN * len(given):
        return f"{len(unknown)} of its {len(given)} tensors have no place here, such as {min(unknown)}"
    present = {key.partition(".")[0] for key in fitting}
    for key in own:
        counter = key.endswith("num_batches_tracked")  # absent from old files, and without effect
        if key not in given and key.partition(".")[0] in present and not counter:
            return f"it has no {key}; is it another depth of this network?"
    return None


def from_file(backbone: Backbone, path: Path, stream: str = "local") -> Pretrained:
    """A file of tensors, whose keys are the backbone's own, its library's, a part's of it, or a run's."""
    file = read_file(path)
    given, prefix = file.tensors, f"streams.{stream}."
    of_a_run = any(key.startswith("streams.") for key in given)
    if of_a_run:
        given = {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}
    origin = {"run": file.exported_from} if of_a_run or file.exported_from else {}
    return Pretrained(unprefixed(backbone, given, path), str(path), file_sha256(path), origin=origin)


def run_tensors(name_or_file: str) -> dict[str, Tensor]:
    """What a run learned besides its streams, of any shape, by the method's own names.

    Empty for any other file or name; a `UserError` where it is a file without readable tensors.
    """
    path = Path(name_or_file)
    tensors = read_tensors(path) if path.is_file() else {}
    of_a_run = any(key.startswith("streams.") for key in tensors)
    return {key: value for key, value in tensors.items() if of_a_run and not key.startswith("streams.")}


def tensors_sha256(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, shapes, types and bytes, whatever the order."""
    digest = hashlib.sha256()
    for key in sorted(tensors):
        tensor = tensors[key].detach().cpu().contiguous()
        digest.update(f"{key} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, of any shape, with `prefix` before their names."""
    return {prefix + key: tensor for key, tensor in tensors.items()}
