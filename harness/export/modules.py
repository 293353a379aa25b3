"""What is exported: networks that take clips as they were decoded, and normalise them themselves."""

from __future__ import annotations

import copy
import keyword
from collections.abc import ItemsView, Iterator, KeysView, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backbones.base.streams import STREAMS, PerStream, StreamName
from backbones.contract import Features
from backbones.spec import InputSpec
from methods.contract import Method
from methods.fusion.contract import Fusion, Outputs, StreamOutputs

MARK = "_stream"  # what is added to a word of Python's


class Normalise(nn.Module):
    """uint8 clips (N, T, H, W, C) to float32 (N, C, T, H, W): (pixel / 255 - mean) / std of each channel.

    The same arithmetic as `harness.data.clips.transform.normalise`, without steps that change a tensor in
    place, which not every format can express.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        std = torch.tensor(spec.std)
        self.register_buffer("scale", 1 / (255 * std))
        self.register_buffer("shift", -torch.tensor(spec.mean) / std)

    def forward(self, clips: Tensor) -> Tensor:
        return (clips.to(torch.float32) * self.scale + self.shift).permute(0, 4, 1, 2, 3)


class ExportedStream(nn.Module):
    """One stream. network: takes normalised clips and gives `Features`."""

    def __init__(self, network: nn.Module, spec: InputSpec) -> None:
        super().__init__()
        self.normalise = Normalise(spec)
        self.network = network

    def forward(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """clips: uint8 (N, T, H, W, C). Logits (N, K), raw, and the embedding (N, D) that the classifier
        sees."""
        features = self.network(self.normalise(clips))
        return features.logits, features.embedding


class OneStream(nn.Module):
    """A stream of a method that adds something of its own to the stream's network, also in testing."""

    def __init__(self, method: Method, name: StreamName) -> None:
        super().__init__()
        self.method = spelled(method)
        self.name = name

    def forward(self, clips: Tensor) -> Features:
        """clips: normalised, (B, C, T, H, W)."""
        return self.method({self.name: clips})[self.name]


class ExportedFusion(nn.Module):
    """Both streams and the rule that fuses them, for the views of one video at a time.

    rule: fitted, where it learns. streams: what gives each one's `Features` of its normalised clips, or the
    method itself, where the streams need each other's clips.
    """

    def __init__(
        self,
        streams: Mapping[StreamName, nn.Module] | Method,
        specs: Mapping[StreamName, InputSpec],
        rule: Fusion,
    ) -> None:
        super().__init__()
        self.normalise = _named({name: Normalise(specs[name]) for name in STREAMS})
        self.streams = None if isinstance(streams, Method) else _named(streams)
        self.method = spelled(streams) if isinstance(streams, Method) else None
        self.rule = rule

    def forward(self, local_clips: Tensor, global_clips: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Both: uint8 (V, T, H, W, C), all views of one video for each stream.

        Scores (K,), which sum to 1: of both streams fused, of the local and of the global stream.
        """
        given = PerStream(local_clips, global_clips)
        clips = {name: self.normalise[f"{name}_stream"](given[name]) for name in STREAMS}
        if self.method is not None:
            features = self.method(clips)
        else:
            assert self.streams is not None
            features = {name: self.streams[f"{name}_stream"](clips[name]) for name in STREAMS}
        means = PerStream.of(lambda name: over_views(features[name]))
        fused = self.rule.predict_proba(Outputs(means.local, means.glob))
        return fused[0], means.local.scores[0], means.glob.scores[0]


def _named(streams: Mapping[StreamName, nn.Module]) -> nn.ModuleDict:
    """The streams' modules under names that may stand in Python's code, as `global` may not: the code of a
    graph names parameters by where they were found."""
    return nn.ModuleDict({f"{name}_stream": module for name, module in streams.items()})


class Spelled(nn.ModuleDict):
    """A ModuleDict that keeps what is called by a word of Python's under another name, and finds it by its
    own."""

    def __getitem__(self, key: str) -> nn.Module:
        return super().__getitem__(_spell(key))

    def __contains__(self, key: object) -> bool:
        return super().__contains__(_spell(str(key)))

    def keys(self) -> KeysView[str]:
        return {key.removesuffix(MARK): None for key in self._modules}.keys()

    def items(self) -> ItemsView[str, nn.Module]:
        return {key: self[key] for key in self.keys()}.items()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())


def spelled(method: Method) -> Method:
    """A copy of the method whose parameters have names that may stand in Python's code."""
    again = copy.deepcopy(method)
    for part in again.modules():
        if type(part) is nn.ModuleDict:
            part.__class__ = Spelled
            part._modules = {_spell(key): module for key, module in part._modules.items()}
    return again


def _spell(key: str) -> str:
    return key + MARK if keyword.iskeyword(key) else key


def network_of(method: Method, name: StreamName) -> nn.Module:
    """What gives a stream's `Features` in testing: its network, or the method, where that adds to it."""
    return method.stream(name) if is_plain(method) else OneStream(method, name)


def is_plain(method: Method) -> bool:
    """Whether a stream's features in testing are those of its network, and nothing is added."""
    own = type(method)
    return own.features is Method.features and own.stream_features is Method.stream_features


def over_views(features: Features) -> StreamOutputs:
    """Of one video: means over its views (V, …), as a run stores them, with a first axis of length 1."""
    scores = F.softmax(features.logits, dim=-1)
    given = (scores, features.logits, features.embedding, features.map)
    return StreamOutputs(*(each.mean(dim=0, keepdim=True) for each in given))
