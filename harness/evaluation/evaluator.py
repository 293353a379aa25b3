"""Testing: every view of every video once; softmax scores averaged over a video's views in float32."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from backbones.base.errors import UserError
from backbones.base.streams import STREAMS, StreamName
from backbones.contract import Features
from harness.data.clips.network_input import NetworkInput
from harness.record import outputs
from harness.record.outputs import Stored
from harness.tensor_file import Spool
from harness.training.finite import diverged_in_testing
from methods.contract import Method

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Batches = Iterable[dict[str, Any]]
Part = tuple[Tensor, Tensor | None]  # views uint8 (N, T, H, W, C), and the numbers of their frames (N, T)


@dataclass(frozen=True)
class Tested:
    """The stored outputs of a part of the data, and the seconds that they took."""

    stored: Stored
    seconds: float


@dataclass(frozen=True)
class Evaluator:
    """Runs a trained method over videos.

    views_at_once: how many views fit in memory together. store_maps: whether maps are kept, too. top_k: the k
    beside top-1.
    report(videos done, videos of this process, seconds left). stop_asked: raises where testing is to stop.
    """

    fabric: Fabric
    method: Method
    inputs: NetworkInput
    views_at_once: int
    store_maps: bool
    top_k: int
    report: Callable[[int, int, float], None]
    stop_asked: Callable[[], None]

    @torch.inference_mode()
    def run(self, batches: Batches, ids: Sequence[str], path: Path, rounds: int = 0) -> Tested:
        """The stored outputs of all videos, at `path` and returned (by every process).

        batches: of this process, `collate`d with broken videos in their place. ids: of the videos of all
        processes, in the index's order. rounds: how often every process asks whether to stop, once a batch;
        those with fewer batches ask as often, since the answer is agreed.
        """
        begun = time.monotonic()
        self.method.eval()
        own = self._own_share(batches, ids, path.parent, rounds)
        stored = self._join(own, ids, path) if self.fabric.world_size > 1 else own
        if self.fabric.global_rank == 0:
            outputs.save(path, stored)
        self.fabric.barrier()
        return Tested(stored, time.monotonic() - begun)

    def _own_share(self, batches: Batches, ids: Sequence[str], folder: Path, rounds: int) -> Stored:
        """The outputs of this process's videos. Maps go to a file in the folder batch by batch: those of
        Kinetics-400's test videos are 3.9 GB."""
        begun = time.monotonic()
        rows: list[dict[str, Tensor]] = []
        maps: dict[str, Spool] = defaultdict(partial(Spool, folder))
        labels, ok, done = [], [], []
        reasons: dict[str, str] = {}
        damaged: dict[str, tuple[int, int]] = {}
        total = len(range(self.fabric.global_rank, len(ids), self.fabric.world_size))
        for batch in batches:
            self.stop_asked()
            row = self._videos(batch)
            for name in [name for name in row if name.endswith(".map")]:
                maps[name].add(row.pop(name))
            rows.append(row)
            # Copies: a tensor that came from another process holds descriptors as long as it is kept.
            labels.append(batch["label"].clone())
            ok.append(batch["ok"].clone())
            done += [ids[position] for position in batch["position"].tolist()]
            reasons |= {ids[position]: reason for position, reason in batch["failed"]}
            damaged |= {ids[position]: counts for position, *counts in batch.get("damaged", ())}
            self.report(len(done), total, (time.monotonic() - begun) / len(done) * (total - len(done)))
        for _ in range(len(rows), rounds):
            self.stop_asked()
        tensors = {name: torch.cat([row[name] for row in rows]) for name in rows[0]}
        tensors |= {name: spool.tensor() for name, spool in maps.items()}
        return Stored(tensors, torch.cat(labels), torch.cat(ok), done, reasons, damaged, folder)

    def _videos(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """Stored rows of the batch's videos; those that could not be decoded are 0."""
        row: dict[str, Tensor] = {}
        labels, specs = batch["label"], self.inputs.specs
        seen = self._seen({stream: self._in_parts(batch, stream) for stream in specs})
        for stream in STREAMS:
            used = stream in specs
            values = (
                self._stream(seen[stream], batch[stream].shape[1], labels)
                if used
                else self._unused(stream, len(labels))
            )
            if used and not values["logits"][batch["ok"]].isfinite().all():
                raise UserError(self._diverged(stream, batch))
            for name, value in values.items():
                value[~batch["ok"]] = 0
                row[f"{stream}.{name}"] = value
        return row

    def _diverged(self, stream: StreamName, batch: dict[str, Any]) -> str:
        network, parts = self.method.streams[stream], self._in_parts(batch, stream)
        half = self.inputs.dtype != torch.float32

        def again() -> None:
            if not self.method.joint:  # whose streams cannot be passed alone
                self._parts(stream, parts)

        return diverged_in_testing(stream, network, again, half)

    def _in_parts(self, batch: dict[str, Any], stream: StreamName) -> list[Part]:
        """The stream's views of all videos, `views_at_once` in a part."""
        clips = batch[stream].flatten(0, 1).split(self.views_at_once)
        numbers = batch.get(f"{stream}.frames")
        if numbers is None:
            return [(part, None) for part in clips]
        return list(zip(clips, numbers.flatten(0, 1).split(self.views_at_once), strict=True))

    def _seen(self, views: dict[StreamName, list[Part]]) -> dict[str, list[Features]]:
        if self.method.joint:
            pairs = zip(*views.values(), strict=True)
            both = [self._forward(dict(zip(views, parts, strict=True))) for parts in pairs]
            return {stream: [features[stream] for features in both] for stream in views}
        return self.method.run_streams(
            {stream: partial(self._parts, stream, views[stream]) for stream in views}
        )

    def _parts(self, stream: StreamName, parts: list[Part]) -> list[Features]:
        return [self._forward({stream: part})[stream] for part in parts]

    def _stream(self, seen: list[Features], views: int, labels: Tensor) -> dict[str, Tensor]:
        """seen: of the views of all videos. Means over a video's views of what the stream gives for each."""
        videos = len(labels)
        logits = torch.cat([features.logits for features in seen]).unflatten(0, (videos, views))
        scores = F.softmax(logits, dim=-1)
        row = {
            "scores": scores.mean(dim=1),
            "logits": logits.mean(dim=1),
            "embedding": _view_mean([f.embedding for f in seen], videos, views),
            "clip_hits": clip_hits(scores, labels, self.top_k),
        }
        if self.store_maps:
            row["map"] = _view_mean([f.map for f in seen], videos, views)
        return row

    def _unused(self, stream: StreamName, videos: int) -> dict[str, Tensor]:
        """The row of a stream that the method does not use: one view, which is never right."""
        zeros = self.method.zero_features(stream, videos)
        row = {
            "scores": F.softmax(zeros.logits, dim=-1),
            "logits": zeros.logits,
            "embedding": zeros.embedding,
            "clip_hits": torch.zeros(videos, 1, 2, dtype=torch.bool),
        }
        return row | ({"map": zeros.map} if self.store_maps else {})

    def _forward(self, parts: Mapping[StreamName, Part]) -> dict[str, Features]:
        given = self.inputs({stream: clips for stream, (clips, _) in parts.items()})
        self.method.place({stream: n for stream, (_, n) in parts.items() if n is not None})
        with self.fabric.autocast():
            features = self.method(given)
        return {
            stream: Features(f.logits.float().cpu(), f.embedding.float().cpu(), f.map.float().cpu())
            for stream, f in features.items()
        }

    def _join(self, own: Stored, ids: Sequence[str], path: Path) -> Stored:
        """Every process writes its share to a file; every process reads them all."""
        world = self.fabric.world_size
        shares = [path.with_name(f"{path.stem}-{rank}of{world}.safetensors") for rank in range(world)]
        outputs.save(shares[self.fabric.global_rank], own)
        self.fabric.barrier()
        stored = outputs.join([outputs.read(share) for share in shares], list(ids))
        self.fabric.barrier()
        if self.fabric.global_rank == 0:
            for share in shares:
                share.unlink()
        return stored


def clip_hits(scores: Tensor, labels: Tensor, k: int) -> Tensor:
    """Each view judged alone. scores: (B, V, K). Returns (B, V, 2) bool: top-1, top-k; a tie is a miss, and
    so is a view of which a score is NaN."""
    own = scores.gather(2, labels[:, None, None].expand(-1, scores.shape[1], 1))
    ahead = (scores >= own).sum(dim=2) - 1
    return torch.stack([ahead < 1, ahead < k], dim=2) & ~scores.isnan().any(dim=2)[..., None]


def _view_mean(parts: list[Tensor], videos: int, views: int) -> Tensor:
    return torch.cat(parts).unflatten(0, (videos, views)).mean(dim=1)
