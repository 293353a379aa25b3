"""The streams' stored outputs of a run: one safetensors file per part of the data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from backbones.base.errors import UserError, error_line
from backbones.base.regular import check_regular
from harness import tensor_file
from harness.files import parse_json, write_atomically
from methods.fusion.contract import Outputs, StreamOutputs

FIELDS = ("scores", "logits", "embedding")
MAP_AXES = 5


@dataclass(frozen=True)
class Stored:
    """Outputs of N videos in the order of the index.

    tensors: "<stream>.<field>" as in `StreamOutputs`, and "<stream>.clip_hits" (N, V, 2): each view's
    top-1 and top-5. labels: (N,). ok: (N,) bool, whether the video could be decoded (rows of others are 0).
    ids, reasons: of the videos; of those that failed. damaged: (concealed, skipped) frames of those with any.
    place: a folder for rows of which there is no room in memory.
    """

    tensors: dict[str, Tensor]
    labels: Tensor
    ok: Tensor
    ids: list[str]
    reasons: dict[str, str]
    damaged: dict[str, tuple[int, int]] = field(default_factory=dict)
    place: Path | None = field(default=None, compare=False)

    def outputs(self) -> Outputs:
        """What fusion rules take: the rows of the videos that could be decoded."""
        return Outputs(local=self._stream("local"), glob=self._stream("global"))

    def _stream(self, stream: str) -> StreamOutputs:
        good = None if bool(self.ok.all()) else self.ok.nonzero()[:, 0]

        def rows(field: str) -> Tensor:
            every = self.tensors[f"{stream}.{field}"]
            return every.float() if good is None else tensor_file.taken(every, good, self.place)

        fmap = rows("map") if f"{stream}.map" in self.tensors else None
        return StreamOutputs(rows("scores"), rows("logits"), rows("embedding"), fmap)


def save(path: Path, stored: Stored) -> None:
    """The same outputs are the same bytes."""
    tensors = {**stored.tensors, "labels": stored.labels, "ok": stored.ok}
    metadata = {"ids": json.dumps(stored.ids), "reasons": json.dumps(stored.reasons, sort_keys=True)}
    if stored.damaged:
        metadata["damaged"] = json.dumps(stored.damaged, sort_keys=True)
    write_atomically(path, lambda target: tensor_file.write(target, tensors, metadata), new_folder=False)


def read(path: Path) -> Stored:
    """A `UserError` where the file is not what `save` wrote. Maps stay on the disk until they are used."""
    try:
        check_regular(path)
        with safe_open(path, framework="pt") as handle:
            metadata = handle.metadata()
            names = list(handle.keys())
            maps = {name: tensor_file.mapped(path, name) for name in names if name.endswith(".map")}
            there = {name: tensor for name, tensor in maps.items() if tensor is not None}
            tensors = {name: there[name] if name in there else handle.get_tensor(name) for name in names}
        ids, reasons = parse_json(metadata["ids"]), parse_json(metadata["reasons"])
        damaged = _damaged(parse_json(metadata.get("damaged", "{}")))
        labels, ok = tensors.pop("labels"), tensors.pop("ok")
        _check_texts(ids, reasons)
        _check(tensors, labels, ok, ids)
    except (OSError, SafetensorError, LookupError, TypeError, ValueError) as error:
        raise UserError(f"{path} cannot be read as stored outputs ({error_line(error)})") from None
    return Stored(tensors, labels, ok, ids, reasons, damaged, path.parent)


def _check(tensors: dict[str, Tensor], labels: Tensor, ok: Tensor, ids: list[str]) -> None:
    """Raises ValueError where the parts do not belong together."""
    rows = {name: tensor.shape[:1].numel() for name, tensor in (tensors | {"labels": labels}).items()}
    if ok.dtype != torch.bool or set(rows.values()) | {ok.numel()} != {len(ids)}:
        raise ValueError(f"expected {len(ids)} videos in every tensor")
    if ok.dim() != 1 or labels.dim() != 1 or labels.is_floating_point() or labels.is_complex():
        raise ValueError("expected a whole number as each video's label")
    for stream in ("local", "global"):
        if any(not _has(tensors, f"{stream}.{field}", 2) for field in FIELDS):
            raise ValueError(f"expected rows of numbers in {', '.join(FIELDS)} of the {stream} stream")
        hits, maps = tensors[f"{stream}.clip_hits"], f"{stream}.map"
        without = maps in tensors and not _has(tensors, maps, MAP_AXES)
        if hits.dim() != 3 or hits.dtype != torch.bool or without:
            raise ValueError(f"expected hits and maps of the {stream} stream's views")
    classes = {tensors[f"{stream}.scores"].shape[1] for stream in ("local", "global")}
    if len(classes) != 1 or not bool(((labels >= 0) & (labels < max(classes))).all()):
        raise ValueError("expected as many classes in both streams' scores, and labels below that number")


def _has(tensors: dict[str, Tensor], name: str, axes: int) -> bool:
    return tensors[name].dim() == axes and tensors[name].is_floating_point()


def _damaged(tree: Any) -> dict[str, tuple[int, int]]:
    """Raises ValueError where it is not two counts of frames by name."""
    if not isinstance(tree, dict) or not all(
        isinstance(each, list) and len(each) == 2 for each in tree.values()
    ):
        raise ValueError("expected two counts of damaged frames by name")
    return {name: (int(concealed), int(skipped)) for name, (concealed, skipped) in tree.items()}


def _check_texts(ids: Any, reasons: Any) -> None:
    """Raises ValueError where names of videos, or why some failed, are no texts."""
    if not (isinstance(ids, list) and isinstance(reasons, dict)):
        raise ValueError("expected names of videos, and reasons by name")
    if not all(isinstance(each, str) for each in (*ids, *reasons.values())):
        raise ValueError("expected texts as names of videos and as reasons")


def _in_order(parts: list[Tensor], rows: Tensor, folder: Path | None) -> Tensor:
    """The rows of one part after the other, in another order; maps one by one, on the disk."""
    if parts[0].dim() < MAP_AXES:
        return torch.cat(parts)[rows]
    every = [row for part in parts for row in part]
    return tensor_file.spooled((every[at][None] for at in rows.tolist()), folder)


def join(parts: list[Stored], order: list[str]) -> Stored:
    """The parts of several processes as one, in the index's order.

    A `UserError` where a video is not there exactly once.
    """
    folder = parts[0].place
    ids = [name for part in parts for name in part.ids]
    if sorted(ids) != sorted(order):
        raise UserError("the processes' test outputs do not cover each video exactly once; run again")
    place = {name: row for row, name in enumerate(ids)}
    rows = torch.tensor([place[name] for name in order], dtype=torch.long)
    return Stored(
        {name: _in_order([part.tensors[name] for part in parts], rows, folder) for name in parts[0].tensors},
        torch.cat([part.labels for part in parts])[rows],
        torch.cat([part.ok for part in parts])[rows],
        list(order),
        {name: reason for part in parts for name, reason in part.reasons.items()},
        {name: counts for part in parts for name, counts in part.damaged.items()},
        folder,
    )
