"""The contract of a backbone: named stages, a map and a pooled vector at each, raw logits at the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backbones.parts.recompute import recomputed, recomputed_by_blocks
from backbones.pretrained import Pretrained

State = Any  # what flows between the stages: a map, tokens with their grid, a list of pathways ...


@dataclass
class Features:
    """What a stream gives for a batch of B clips.

    logits: (B, K), raw, never softmaxed. embedding: (B, D), what the classifier sees.
    map: (B, C, T, H, W), the last stage's state as a map (H = W = 1 where it is a row of frame tokens).
    pooled: (B, D_stage) of each stage asked for. extras: what a method itself computes, by name.
    """

    logits: Tensor
    embedding: Tensor
    map: Tensor
    pooled: dict[str, Tensor] = field(default_factory=dict)
    extras: dict[str, Tensor] = field(default_factory=dict)


class Backbone(nn.Module, ABC):
    """A network that can be a stream.

    A subclass gives `stages` and `head`; it overrides `read`, `write` and `pool` where its states are
    not plain (B, C, T, H, W) maps. It is built by a function
    `build(*, classes, frames, size, width, **settings)`, since some networks need to know
    the number of frames and the crop's side when they are built.

    frames, size: T, and H = W in pixels, of the clips it was built for; channels: its C (3 for RGB, 2 for an
    optical flow field, 2 L for L stacked ones); modality: "rgb" or "flow". `describe` sets them.
    middle: the stage whose pooled vector intermediate distillation compares, unless a setting says otherwise.
    frame_numbers: (B, T), of each frame of the next clips in its video, where it is known; a network that
    uses it takes it away.
    held: parts that act as in testing in training too (`backbones.layers.freeze`).
    recomputes: whether stages are computed again in the backward pass, which saves memory
    (`backbones.parts.recompute`).
    """

    frames: int
    size: int
    classes: int
    middle: str
    channels: int = 3
    modality: str = "rgb"
    frame_numbers: Tensor | None = None
    held: Sequence[nn.Module] = ()
    recomputes: bool = False

    def describe(
        self, *, classes: int, frames: int, size: int, channels: int, modality: str, middle: str
    ) -> None:
        """Sets what the network was built for; called once, by `backbones.build`.

        middle: of its entry; a network whose constructor sets its own keeps that.
        """
        self.classes, self.frames, self.size = classes, frames, size
        self.channels, self.modality = channels, modality
        self.middle = self.__dict__.get("middle", middle)

    def train(self, mode: bool = True) -> Any:
        super().train(mode)
        for part in self.held:
            part.eval()
        return self

    @property
    @abstractmethod
    def stages(self) -> Mapping[str, Callable[[State], State]]:
        """Ordered; the first takes the normalised clip (B, `channels`, T, H, W)."""

    def stages_to_run(self) -> Mapping[str, Callable[[State], State]]:
        """`stages` as a training step or a test runs them."""
        if not (self.recomputes and self.training and torch.is_grad_enabled()):
            return self.stages
        blocks = self.stage_blocks
        return {
            name: recomputed_by_blocks(stage, blocks[name]) if name in blocks else recomputed(stage, self)
            for name, stage in self.stages.items()
        }

    @property
    def stage_blocks(self) -> Mapping[str, Sequence[nn.Module]]:
        """Of a stage that is most of the network: its modules that are computed again one by one. Computed
        again as a whole it would hold in the backward pass what it holds without checkpointing."""
        return {}

    @abstractmethod
    def head(self, state: State) -> tuple[Tensor, Tensor]:
        """(logits (B, K), embedding (B, D)) of the last stage's state."""

    def step_logits(self, state: State) -> Tensor:
        """Logits (B, K, S) of the S time steps that the head classifies one by one; else S = 1."""
        return self.head(state)[0].unsqueeze(2)

    def read(self, state: State) -> Tensor:
        """The state as a map (B, C, T, H, W)."""
        return state

    def write(self, state: State, fmap: Tensor) -> State:
        """The state with its map replaced by `fmap` (B, C, T, H, W); `write(s, read(s))` equals s."""
        return fmap

    def pool(self, state: State) -> Tensor:
        """The state as one vector per clip (B, D): the CLS token, or the mean over time and space.

        A mean over axes, not adaptive pooling: the backward pass of the latter has no deterministic
        form on CUDA in 3D.
        """
        return self.read(state).mean(dim=(2, 3, 4))

    def zoo(self) -> Mapping[str, Callable[[], Pretrained]]:
        """Published weights by name, under this network's keys; each is fetched when called."""
        return {}

    def rename(self, key: str) -> str:
        """This network's name of the tensor that a file from its source calls `key`."""
        return key

    def forward(self, clip: Tensor, pooled: Collection[str] = ()) -> Features:
        """clip: normalised (B, C, T, H, W); pooled: names of the stages whose pooled vectors to give."""
        state: State = clip
        vectors: dict[str, Tensor] = {}
        for name, stage in self.stages_to_run().items():
            state = stage(state)
            if name in pooled:
                vectors[name] = self.pool(state)
        logits, embedding = self.head(state)
        return Features(logits, embedding, self.read(state), vectors)


def softmaxed(logits: Tensor) -> bool:
    """Whether logits (B, K) look like probabilities: none is below 0, and each clip's sum to 1.

    Within 1 %, since bf16 keeps 8 bits.
    """
    sums = logits.detach().double().sum(dim=1)
    return bool((logits >= 0).all()) and bool(((sums - 1).abs() <= 0.01).all())


def empty_clip(backbone: Backbone, batch: int = 1, device: str | torch.device = "meta") -> Tensor:
    """An uninitialised clip (batch, C, T, H, W) of the shape that `backbone` was built for."""
    size = backbone.size
    return torch.empty(batch, backbone.channels, backbone.frames, size, size, device=device)


def shapes(backbone: Backbone) -> Features:
    """One clip's features on the meta device: all shapes, without computing anything."""
    return _on_meta(backbone, backbone, pooled=tuple(backbone.stages))


def stage_shapes(backbone: Backbone) -> list[torch.Size]:
    """The shape (1, C, T, H, W) of every stage's map, of one clip."""
    return [fmap.shape for fmap in _on_meta(_Maps(backbone), backbone)]


class _Maps(nn.Module):
    """A backbone that gives every stage's map."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, state: State) -> list[Tensor]:
        maps = []
        for stage in self.backbone.stages.values():
            state = stage(state)
            maps.append(self.backbone.read(state))
        return maps


def _on_meta(module: nn.Module, backbone: Backbone, **how: Any) -> Any:
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    on_meta = {name: tensor.to("meta") for name, tensor in tensors.items()}
    training = backbone.training
    backbone.eval()
    try:
        return torch.func.functional_call(module, on_meta, (empty_clip(backbone),), how)
    finally:
        backbone.train(training)
