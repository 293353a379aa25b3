"""Weights by name or from a file: tensors only, never code."""

from __future__ import annotations

import hashlib
import pickle
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from backbones.base.errors import UsageError, UserError, error_line, suggestion
from backbones.base.plain_text import clean
from backbones.base.regular import check_regular
from backbones.base.tensor_files import load_torch
from backbones.contract import Backbone
from backbones.parts.stem import inflatable, inflated
from backbones.pretrained import Pretrained

CONTAINERS = ("state_dict", "model_state", "model_state_dict", "model")
SUFFIXES = (".safetensors", ".pt", ".pth", ".pyth", ".bin")
RUN_KEY = "method"  # where a run's checkpoint holds the whole method: streams and what else it learned
UNKNOWN_RUN = {"run": None}  # the origin of a run's checkpoint that lies apart from the run
MMACTION_HEADS = ("cls_head.fc_cls.", "cls_head.fc.", "cls_head.projection.")
WRAPPERS = ("module.", "model.", "_orig_mod.")
MAX_UNKNOWN = 0.1  # of a file's tensors: as many as another library's classifier, no more


@dataclass(frozen=True)
class WeightsReport:
    """What was loaded.

    source: file or zoo name. sha256: of the file, or of the tensors where a hub keeps the file.
    loaded, missing: names of the backbone's tensors that were given, or stay as initialised.
    skipped: names in the source that this network does not have (the classifier, where the classes differ).
    mean, std: per channel, of pixels in [0, 1]; None where the source does not say.
    inflated: names of the stem's weights that were given for RGB and made to fit this network's channels.
    origin: as of `Pretrained`.
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


def load_weights(backbone: Backbone, name_or_file: str | Path, stream: str = "local") -> WeightsReport:
    """Load published weights (a name of `backbone.zoo()`) or a file into `backbone`, in place.

    stream: which stream of a run's checkpoint is meant, where the file is one.
    A classifier for other classes is left out. Raises UsageError for a name that is neither, UserError where
    a hub cannot be reached or the tensors are not this network's.
    """
    zoo = backbone.zoo()
    name = str(name_or_file)
    if name in zoo:
        given = zoo[name]()
    elif Path(name).is_file():
        given = from_file(backbone, Path(name), stream)
    elif Path(name).suffix in SUFFIXES:
        raise UsageError(f"no weights file '{name}'")
    else:
        known = f"known for this network: {', '.join(zoo)}; " if zoo else ""
        raise UsageError(
            f"no weights called '{name}'{suggestion(name, list(zoo)) or ';'} {known}"
            "a file or a finished run can be given too"
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
    check_finite(given.source, fitting)
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


def check_finite(source: str, tensors: Mapping[str, Tensor]) -> None:
    """A `UserError` for weights, of any shape, that are not finite: nothing computed with them is either."""
    bad = [key for key, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise UserError(f"{source}: {clean(bad[0])}{more} has values that are not finite; take other weights")


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


def classifier_of(backbone: Backbone) -> str:
    """Prefix of the last layer with one output per class: linear, or a convolution over single elements."""
    linear = [name for name, module in backbone.named_modules() if _outputs(module) == backbone.classes]
    return f"{linear[-1]}." if linear else "\0"


def _outputs(module: nn.Module) -> int | None:
    """The number of outputs of a module that can be a classifier."""
    if isinstance(module, nn.Linear):
        return module.out_features
    single = isinstance(module, nn.Conv3d) and module.bias is not None and max(module.kernel_size) == 1
    return module.out_channels if single else None  # type: ignore[return-value]


def from_file(backbone: Backbone, path: Path, stream: str = "local") -> Pretrained:
    """A file of tensors, whose keys are the backbone's own, its library's, a part's of it, or a run's."""
    given = read_tensors(path)
    prefix = f"streams.{stream}."
    of_a_run = any(key.startswith("streams.") for key in given)
    if of_a_run:
        given = {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}
    origin = UNKNOWN_RUN if of_a_run else {}
    return Pretrained(unprefixed(backbone, given), str(path), file_sha256(path), origin=origin)


def run_tensors(name_or_file: str) -> dict[str, Tensor]:
    """What a run learned besides its streams, of any shape, by the method's own names.

    Empty for any other file or name; a `UserError` where it is a file without readable tensors.
    """
    path = Path(name_or_file)
    tensors = read_tensors(path) if path.is_file() else {}
    of_a_run = any(key.startswith("streams.") for key in tensors)
    return {key: value for key, value in tensors.items() if of_a_run and not key.startswith("streams.")}


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file or of a PyTorch checkpoint, of any shape, by their names.

    Nothing in it is run. A `UserError` where it is damaged, holds more than tensors and plain values, or
    holds no named tensors.
    """
    try:
        if path.suffix == ".safetensors":
            check_regular(path)
            content: Any = load_file(path)
        else:
            content = load_torch(path)
    except pickle.UnpicklingError:
        raise UserError(
            f"{path} is not loaded: it is damaged, or holds more than tensors and plain values, "
            "which could run code; save its state_dict as safetensors"
        ) from None
    except Exception as error:  # on a damaged file the unpickler may raise anything
        # A KeyError is the unpickler's, for a byte that is no instruction: its number tells the user nothing.
        reason = "it is not a file of tensors" if isinstance(error, KeyError) else error_line(error)
        raise UserError(
            f"{path} is not a readable weights file ({reason}); give a .safetensors file or a state_dict"
        ) from None
    for key in (*CONTAINERS, RUN_KEY):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
            break
    named = content.items() if isinstance(content, dict) else ()
    tensors = {key: value for key, value in named if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors:
        raise UserError(f"{path} holds no named tensors; give a state_dict")
    return _unwrapped(tensors)


def _unwrapped(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the prefixes that DataParallel, compile and trainers put before every key."""
    for wrapper in WRAPPERS:
        if all(key.startswith(wrapper) for key in tensors):
            tensors = {key.removeprefix(wrapper): tensor for key, tensor in tensors.items()}
    return tensors


def unprefixed(backbone: Backbone, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """`given` under this network's names, without the prefix that a trainer puts before the network's keys.

    Values and shapes stay. Lightning has `model.` beside keys of metrics and losses, mmaction2 `backbone.`
    beside `cls_head.`: the prefix is taken off whose absence gives most tensors a place.
    """
    parts = [key.split(".") for key in given]
    begin = Counter(".".join(names[:n]) + "." for names in parts for n in (1, 2) if len(names) > n)
    prefixes = [prefix for prefix, count in begin.items() if 2 * count > len(given)]
    heads = {name: classifier_of(backbone) for name in MMACTION_HEADS}
    own = backbone.state_dict().keys()

    def without(prefix: str) -> dict[str, Tensor]:
        found = {}
        for key, tensor in given.items():
            head = next((name for name in heads if prefix and key.startswith(name)), None)
            if head:
                found[heads[head] + key.removeprefix(head)] = tensor
            else:
                found[backbone.rename(key.removeprefix(prefix))] = tensor
        return placed(backbone, found)

    tried = [without(prefix) for prefix in ("", *prefixes)]
    return max(tried, key=lambda tensors: sum(key in own for key in tensors))


def placed(backbone: Backbone, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """`tensors`, of any shape, under the prefix that gives most a place: none, or the name of a part."""
    own = backbone.state_dict().keys()
    prefixes = ["", *(f"{name}." for name, _ in backbone.named_children())]
    best = max(prefixes, key=lambda prefix: sum(prefix + key in own for key in tensors))
    return {key if key in own else best + key: tensor for key, tensor in tensors.items()}


def file_sha256(path: Path) -> str:
    """SHA-256 hex of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
