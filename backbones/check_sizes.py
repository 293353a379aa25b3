"""Which clips a backbone can be built for: each size works or is refused in one line; on meta tensors."""

from __future__ import annotations

import itertools
from typing import Any

import torch

from backbones.base.errors import UserError
from backbones.base.rulebook import Rulebook
from backbones.building import build
from backbones.contract import Backbone, shapes
from backbones.registry import BackboneEntry

BOOK: Rulebook[BackboneEntry] = Rulebook()
RULES, rule = BOOK.rules, BOOK.rule
CLASSES = 5
SMALL = tuple(itertools.product((0.125, 0.25, 1.0), ((4, 32), (8, 32), (8, 64), (16, 112))))


def build_on_meta(entry: BackboneEntry, **sizes: Any) -> Backbone:
    """The network on the meta device, after one clip has passed through it.

    A `ValueError` where its logits are not of shape (1, K).
    """
    with torch.device("meta"):
        network = build(entry.name, classes=CLASSES, **sizes)
    if shapes(network).logits.shape != (1, CLASSES):
        raise ValueError(f"logits are {tuple(shapes(network).logits.shape)}, not (1, {CLASSES})")
    return network


def smallest_sizes(entry: BackboneEntry, **given: Any) -> dict[str, Any]:
    """Sizes (frames, size, width) at which the other rules run fast: the first that works.

    given: those that are fixed. Where none of them works: its source's input, at full width.
    """
    full = {"frames": entry.input.frames, "size": entry.input.crop, "width": 1.0} | given
    for width, (frames, size) in SMALL:
        sizes = {"frames": frames, "size": size, "width": width} | given
        try:
            build_on_meta(entry, **sizes)
        except Exception:  # the rules below report it for the sizes that matter
            continue
        return sizes
    return full


@rule
def its_own_input_works(entry: BackboneEntry) -> str:
    """It is built, and takes a clip, at the frames and the crop that its entry names, at full width."""
    network = build_on_meta(entry, frames=entry.input.frames, size=entry.input.crop, width=1.0)
    named = entry.middle in network.stages or network.middle in network.stages
    return (
        ""
        if named
        else f"its entry's middle '{entry.middle}' is not among its stages {', '.join(network.stages)}"
    )


@rule
def other_sizes_work_or_are_refused(entry: BackboneEntry) -> str:
    """At other frames, crops and widths it works, or its builder raises a UserError that says why not."""
    frames, size = entry.input.frames, entry.input.crop
    others = [(1, size, 1.0), (2 * frames, size, 1.0), (frames, size // 2, 1.0), (frames, size + 1, 1.0)]
    others += [(frames, 32, 1.0), (3, size, 1.0), (frames, size, 0.25), (frames, size, 1e-3)]
    for number, side, width in others:
        try:
            build_on_meta(entry, frames=number, size=side, width=width)
        except UserError:
            continue
        except Exception as error:
            reason = (str(error).strip() or "no message").splitlines()[0]
            clip = f"{number}x{side}x{side} at width {width:g}"
            return f"{clip} raises {type(error).__name__} ({reason[:80]}); refuse it with a UsageError"
    return ""
