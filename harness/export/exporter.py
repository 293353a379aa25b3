"""Writes a run's networks to files, and compares each with the run's own on real clips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from backbones.base.streams import STREAMS, StreamName
from harness.export import weights
from harness.export.formats import GRAPHS, Traced, trace
from harness.export.modules import ExportedFusion, ExportedStream, network_of
from harness.export.parity import FUSED, Parity, check, compare, own_answers
from harness.export.rules import in_torch
from harness.export.source import Clips, Source
from methods.fusion.contract import Fusion

OUTPUTS = {FUSED: ("scores", "local_scores", "global_scores")}
STREAM_OUTPUTS = ("logits", "features")


@dataclass(frozen=True)
class Exported:
    """One file. what: "local", "global" or "fused". inputs: none of a file of tensors alone. any_number: of
    clips; else one at a time. command: of tensors alone, the run of a kind that begins with them."""

    file: str
    format: str
    what: str
    bytes: int
    sha256: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    any_number: bool
    parity: Parity
    command: str = ""


@dataclass(frozen=True)
class Exporter:
    """Writes a run's networks into `folder`, where nothing of them is yet.

    videos: clips to compare on, by the videos' ids. rule: the run's own, where both streams are fused.
    metadata: what the files say of themselves.
    """

    run: Source
    videos: Mapping[str, Clips]
    rule: Fusion | None
    metadata: str
    folder: Path

    def graphs(self, what: str, formats: Sequence[str]) -> list[Exported]:
        """A stream, or both fused, in formats that hold a graph."""
        if not formats:
            return []
        traced = self._traced(what)
        return [self._graph(what, name, traced) for name in formats]

    def _traced(self, what: str) -> Traced:
        first = {name: torch.cat((clips, clips))[:2] for name, clips in self._videos(what)[0].items()}
        named = {f"{name}_clips": clips for name, clips in first.items()}
        example = named if what == FUSED else {"clips": next(iter(named.values()))}
        return trace(self._module(what), example, _outputs(what), self.run.method.joint)

    def _module(self, what: str) -> nn.Module:
        method, specs = self.run.method, self.run.streams.specs
        if what != FUSED:
            name = stream_of(what)
            return ExportedStream(network_of(method, name), specs[name])
        assert self.rule is not None
        streams = method if method.joint else {name: network_of(method, name) for name in STREAMS}
        return ExportedFusion(streams, specs, in_torch(self.run.config.method.fusion, self.rule))

    def _graph(self, what: str, format_: str, traced: Traced) -> Exported:
        chosen = GRAPHS[format_]
        path = self.folder / f"{what}{chosen.ending}"
        chosen.write(traced, path, self.metadata)
        answer = chosen.read(path)
        found = self._checked(
            path, what, lambda clips: answer(list(clips.values())), chosen.tolerance, traced.any_number
        )
        return _exported(path, format_, what, traced.inputs, traced.any_number, found)

    def tensors(self, what: str) -> Exported:
        """A stream's tensors alone."""
        name = stream_of(what)
        path = self.folder / f"{what}{weights.ENDING}"
        weights.write(self.run, name, path, self.metadata)
        again = ExportedStream(weights.read(self.run, name, path), self.run.streams.specs[name]).eval()

        def answer(clips: Clips) -> Sequence[Tensor]:
            with torch.no_grad():
                return list(again(clips[name]))

        found = self._checked(path, what, answer, weights.TOLERANCE, True)
        command = weights.command(self.run, name, path.name)
        return replace(_exported(path, weights.NAME, what, (), True, found), command=command)

    def _checked(
        self,
        path: Path,
        what: str,
        answer: Callable[[Clips], Sequence[Tensor]],
        tolerance: float,
        any_number: bool,
    ) -> Parity:
        videos = self._videos(what)
        if not any_number:
            videos = [{name: clips[:1] for name, clips in each.items()} for each in videos]
        parity = compare(
            videos, lambda clips: own_answers(self.run, what, clips, self.rule), answer, tolerance
        )
        check(parity, path.name)
        return parity

    def _videos(self, what: str) -> list[Clips]:
        wanted = STREAMS if what == FUSED else (what,)
        return [{name: clips[name] for name in clips if name in wanted} for clips in self.videos.values()]


def stream_of(what: str) -> StreamName:
    (name,) = (each for each in STREAMS if each == what)
    return name


def _outputs(what: str) -> tuple[str, ...]:
    return OUTPUTS.get(what, STREAM_OUTPUTS)


def _exported(
    path: Path, format_: str, what: str, inputs: tuple[str, ...], any_number: bool, parity: Parity
) -> Exported:
    outputs = _outputs(what) if inputs else ()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    size = path.stat().st_size
    return Exported(path.name, format_, what, size, digest, inputs, outputs, any_number, parity)
