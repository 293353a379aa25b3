"""Attention head and conditional VAE on a network's last map (Wang et al., AAAI 2024; their code's layers).

For I3D's map of 1024 x 8 x 7 x 7 the layers are theirs; another map's channels C, steps T, height H and width
W take the place of 1024, 8 and 7 x 7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def normed(channels: int) -> nn.GroupNorm:
    """GroupNorm of 32 groups, or of as many as leave 4 channels to each."""
    most = min(32, max(1, channels // 4))
    return nn.GroupNorm(next(n for n in range(most, 0, -1) if channels % n == 0), channels)


class Attention(nn.Module):
    """(B, C, T, H, W) to attention (B, C, T) in (0, 1), one value per channel and step."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        channels, steps, height, width = shape
        half = math.ceil(channels / 2)
        self.length = channels  # to which the row of steps is stretched, nearest step
        self.squeeze = nn.Sequential(
            nn.Conv3d(channels, half, (1, height, width)), normed(half), nn.ReLU(inplace=True)
        )
        self.head = nn.Sequential(
            nn.Conv1d(half, channels, 3, padding=1),
            normed(channels),
            nn.ReLU(inplace=True),
            nn.Linear(self.length, steps),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        row = self.squeeze(x)[..., 0, 0]
        return self.head(F.interpolate(row, size=self.length))


class ConditionalVAE(nn.Module):
    """A VAE of the map (B, C, T, H, W), given its attention (B, C, T). Latents z (B, T, C); the prior is N(a,
    1).
    """

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        channels, _, height, width = shape
        kernel = (1, height, width)
        self.squeeze = nn.Sequential(
            nn.Conv3d(channels, channels, kernel), normed(channels), nn.ReLU(inplace=True)
        )
        self.encoder = _three_layers(2 * channels, channels, 2 * channels)
        self.decoder = _three_layers(2 * channels, channels, channels)
        self.spread = nn.Sequential(
            nn.ConvTranspose3d(channels, channels, kernel), normed(channels), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor, attention: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(x rebuilt, mean, log variance) of a map and its attention."""
        mean, log_variance = self.encode(x, attention)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decode(z, attention), mean, log_variance

    def encode(self, x: Tensor, attention: Tensor) -> tuple[Tensor, Tensor]:
        row = torch.cat([self.squeeze(x)[..., 0, 0], attention], dim=1)
        mean, log_variance = self.encoder(row.transpose(1, 2)).chunk(2, dim=2)
        return mean, log_variance

    def decode(self, z: Tensor, attention: Tensor) -> Tensor:
        row = self.decoder(torch.cat([z, attention.transpose(1, 2)], dim=2))
        return self.spread(row.transpose(1, 2)[..., None, None])

    def from_prior(self, attention: Tensor) -> Tensor:
        """The map decoded from the attention alone: z drawn from N(a, 1)."""
        prior = attention.transpose(1, 2)
        return self.decode(prior + torch.randn_like(prior), attention)


def _three_layers(given: int, inner: int, wanted: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(given, inner), nn.ReLU(), nn.Linear(inner, inner), nn.ReLU(), nn.Linear(inner, wanted)
    )


class PriorOf(nn.Module):
    """`from_prior` as a forward, so that the VAE can be called with its parameters held (`frozen_prior`).

    Attention (B, C, T) to a map (B, C, T, H, W).
    """

    def __init__(self, vae: ConditionalVAE) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, attention: Tensor) -> Tensor:
        return self.vae.from_prior(attention)


def frozen_prior(vae: ConditionalVAE, attention: Tensor) -> Tensor:
    """`vae.from_prior(attention)`, (B, C, T) to (B, C, T, H, W), with a gradient for the attention, none for
    the VAE.
    """
    held = {f"vae.{name}": parameter.detach() for name, parameter in vae.named_parameters()}
    return torch.func.functional_call(PriorOf(vae), held, (attention,))


class Representation(nn.Module):
    """The attention head and the VAE of one stream. shape: (C, T, H, W) of its map."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.attention = Attention(shape)
        self.vae = ConditionalVAE(shape)


def on_grid(x: Tensor, size: Sequence[int]) -> Tensor:
    """A teacher's values averaged to another grid: (B, C, T), or (B, C, T, H, W). size: the grid, (T,) or (T,
    H, W).
    """
    if tuple(x.shape[2:]) == tuple(size):
        return x
    if len(size) == 1:
        return F.adaptive_avg_pool1d(x, size[0])
    return F.adaptive_avg_pool3d(x, (size[0], size[1], size[2]))
