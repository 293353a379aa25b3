"""3D-convolution fusion: both streams' maps stacked, convolved, pooled, classified (MBD, Figure 6, rule 6).

After "conv fusion" of two streams' maps (Feichtenhofer et al., CVPR 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from methods.fusion.bounds import Count, NotNegative, Odd, Positive, Seed, Share
from methods.fusion.contract import Outputs
from methods.fusion.grid import Grid, common_grid, on_grid
from methods.fusion.learned import Learned, check_classes, maps

AT_ONCE = 64


class Conv3d(Learned):
    """A small network learned by log-loss (AdamW, cosine) on maps standardised per channel.

    width: channels that each stream is reduced to. grid: largest (T, H, W). kernel: odd side of the 3D
    convolution. steps, batch, lr, weight_decay, dropout: of its training. seed: of weights and batches.
    """

    network_: _Network

    def __init__(
        self,
        width: Count = 32,
        grid: Grid = (4, 4, 4),
        kernel: Odd = 3,
        steps: Count = 150,
        batch: Count = 32,
        lr: Positive = 3e-3,
        weight_decay: NotNegative = 0.05,
        dropout: Share = 0.5,
        seed: Seed = 0,
    ) -> None:
        self.width = width
        self.grid = grid
        self.kernel = kernel
        self.steps = steps
        self.batch = batch
        self.lr = lr
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.seed = seed

    def fit(self, outputs: Outputs, labels: Tensor) -> Conv3d:
        classes = outputs.local.scores.shape[1]
        check_classes(labels, classes)
        maps(outputs)
        # Its own randomness: fitting a rule must not advance torch's global generator.
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(self.seed)
            self.network_ = _Network(outputs, self.width, self.grid, self.kernel, self.dropout, classes)
            self._train(outputs, labels)
        self.network_.eval()
        return self

    def _train(self, outputs: Outputs, labels: Tensor) -> None:
        optimizer = torch.optim.AdamW(self.network_.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        order = torch.empty(0, dtype=torch.long)
        for _ in range(self.steps):
            if not len(order):
                order = torch.randperm(len(labels))
            rows, order = order[: self.batch], order[self.batch :]
            optimizer.zero_grad()
            F.cross_entropy(self.network_(*maps(outputs[rows])), labels[rows]).backward()
            optimizer.step()
            schedule.step()

    @torch.no_grad()
    def predict_proba(self, outputs: Outputs) -> Tensor:
        local, glob = (fmap.split(AT_ONCE) for fmap in maps(outputs))
        logits = torch.cat([self.network_(*pair) for pair in zip(local, glob, strict=True)])
        return F.softmax(logits, dim=1)


class _Network(nn.Module):
    """Maps (N, C_l, T, H, W) and (N, C_g, T', H', W') to logits (N, K)."""

    def __init__(
        self, outputs: Outputs, width: int, grid: Grid, kernel: int, dropout: float, classes: int
    ) -> None:
        super().__init__()
        both = maps(outputs)
        self.grid = common_grid(*both, grid)
        self.scale = nn.ModuleList(_Standard(fmap) for fmap in both)
        self.reduce = nn.ModuleList(nn.Conv3d(fmap.shape[1], width, 1) for fmap in both)
        self.join = nn.Conv3d(2 * width, width, kernel, padding=kernel // 2)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width, classes)

    def forward(self, local: Tensor, glob: Tensor) -> Tensor:
        parts = [
            F.relu(reduce(scale(on_grid(fmap, self.grid))))
            for fmap, scale, reduce in zip((local, glob), self.scale, self.reduce, strict=True)
        ]
        joined = F.relu(self.join(torch.cat(parts, dim=1)))
        return self.classify(self.dropout(joined.mean(dim=(2, 3, 4))))


class _Standard(nn.Module):
    """Each channel less its mean, over its standard deviation, both of the videos that are fitted on.

    A channel that hardly varies there would blow up on other videos: deviations below a tenth of the
    largest count as that.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, fmap: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", fmap.mean(dim=(0, 2, 3, 4), keepdim=True)[0])
        std = fmap.std(dim=(0, 2, 3, 4), keepdim=True)[0]
        self.register_buffer("std", std.clamp_min(max(float(std.max()) / 10, 1e-6)))

    def forward(self, fmap: Tensor) -> Tensor:
        return (fmap - self.mean) / self.std
