"""Bilinear fusion: the outer product of both streams' features, made compact (MBD, Figure 6, rule 7).

Bilinear pooling (Lin et al., ICCV 2015) with a Tensor Sketch (Gao et al., CVPR 2016; Pham & Pagh, KDD 2013).
"""

from __future__ import annotations

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional as F

from methods.fusion.bounds import Count, Positive, Seed
from methods.fusion.contract import Outputs
from methods.fusion.grid import Grid, common_grid, on_grid
from methods.fusion.learned import Learned, check_classes, maps, spread

AT_ONCE = 64


class Bilinear(Learned):
    """Sketched outer products at each place of a common grid, averaged; signed square root; L2 norm; linear.

    width: length D of the sketch; sketches' inner products are those of the outer products, in the mean over
    seeds. grid: largest (T, H, W). C: inverse strength of the classifier's L2 penalty. seed: of the hashes.
    """

    classifier_: LogisticRegression

    def __init__(
        self,
        width: Count = 1024,
        grid: Grid = (4, 4, 4),
        C: Positive = 10.0,
        max_iter: Count = 1000,
        seed: Seed = 0,
    ) -> None:
        self.width = width
        self.grid = grid
        self.C = C
        self.max_iter = max_iter
        self.seed = seed

    def fit(self, outputs: Outputs, labels: Tensor) -> Bilinear:
        check_classes(labels, outputs.local.scores.shape[1])
        features = self.features(outputs).double().numpy()
        self.classifier_ = LogisticRegression(C=self.C, max_iter=self.max_iter).fit(features, labels.numpy())
        return self

    def predict_proba(self, outputs: Outputs) -> Tensor:
        proba = self.classifier_.predict_proba(self.features(outputs).double().numpy())
        return spread(proba, outputs.local.scores)

    def features(self, outputs: Outputs) -> Tensor:
        """(N, width), rows of length 1."""
        parts = [self._pooled(outputs[start : start + AT_ONCE]) for start in range(0, len(outputs), AT_ONCE)]
        pooled = torch.cat(parts) if parts else torch.zeros(0, self.width)
        return F.normalize(pooled.sign() * pooled.abs().sqrt(), dim=1)

    def _pooled(self, outputs: Outputs) -> Tensor:
        """Mean over the grid of the sketched outer products (N, width)."""
        local, glob = maps(outputs)
        grid = common_grid(local, glob, self.grid)
        places = [on_grid(fmap, grid).flatten(2).transpose(1, 2) for fmap in (local, glob)]  # (N, places, C)
        hashes = (count_sketch(part.shape[2], self.width, self.seed + n) for n, part in enumerate(places))
        # The sketch of an outer product is the circular convolution of the sketches of its sides.
        spectra = [torch.fft.rfft(part @ sketch) for part, sketch in zip(places, hashes, strict=True)]
        return torch.fft.irfft(spectra[0] * spectra[1], n=self.width).mean(dim=1)


def count_sketch(channels: int, width: int, seed: int) -> Tensor:
    """(channels, width): in each row a single +1 or -1, at a place drawn by the seed."""
    generator = torch.Generator().manual_seed(seed)
    sketch = torch.zeros(channels, width)
    places = torch.randint(width, (channels,), generator=generator)
    signs = 2.0 * torch.randint(2, (channels,), generator=generator) - 1
    sketch[torch.arange(channels), places] = signs
    return sketch
