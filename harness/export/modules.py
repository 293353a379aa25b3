"""What is exported: networks that take clips as they were decoded, and normalise them themselves."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backbones.base.streams import StreamName
from backbones.spec import InputSpec
from methods.contract import Method
from methods.fusion.contract import Fusion, Outputs, StreamOutputs


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
        self.register_buffer("scale", 1 / (255 * std), persistent=True)
        self.register_buffer("shift", -torch.tensor(spec.mean) / std, persistent=True)

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


class ExportedFusion(nn.Module):
    """Both streams and the rule that fuses them, for the views of one video at a time.

    rule: fitted, where it learns.
    """

    def __init__(self, method: Method, specs: Mapping[StreamName, InputSpec], rule: Fusion) -> None:
        super().__init__()
        self.normalise = nn.ModuleDict({name: Normalise(specs[name]) for name in ("local", "global")})
        # What a method learns besides the streams takes part in training alone, unless they are joint.
        self.method = method if method.joint else None
        self.streams = None if method.joint else nn.ModuleDict(dict(method.streams))
        self.rule = rule

    def forward(self, local: Tensor, glob: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """local, glob: uint8 (V, T, H, W, C), all views of one video for each stream.

        Scores (K,), which sum to 1: of both streams fused, of the local and of the global stream.
        """
        clips = {"local": self.normalise["local"](local), "global": self.normalise["global"](glob)}
        if self.method is not None:
            features = self.method(clips)
        else:
            assert self.streams is not None
            features = {name: self.streams[name](clip) for name, clip in clips.items()}
        means = {name: over_views(f.logits, f.embedding, f.map) for name, f in features.items()}
        fused = self.rule.predict_proba(Outputs(means["local"], means["global"]))
        return fused[0], means["local"].scores[0], means["global"].scores[0]


def over_views(logits: Tensor, embedding: Tensor, fmap: Tensor) -> StreamOutputs:
    """Of one video (1, …): the means over its views (V, …), as a run stores them."""
    scores = F.softmax(logits, dim=-1)
    means = [each.mean(dim=0, keepdim=True) for each in (scores, logits, embedding, fmap)]
    return StreamOutputs(*means)
