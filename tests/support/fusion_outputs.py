"""Stored outputs of two streams that each know something of the label, for tests of fusion rules."""

import numpy as np
import torch
from scipy.special import softmax

from methods.fusion.contract import Outputs, StreamOutputs

K = 4


def make(videos, seed=0, maps=True):
    """(outputs, labels): the global stream is the better one; maps of the shapes that real streams have."""
    rng = np.random.default_rng(seed)
    labels = np.arange(videos) % K
    shapes = ((6, 1, 3, 3), (5, 4, 1, 1))
    streams = [
        _stream(rng, labels, signal, shape if maps else None)
        for signal, shape in zip((1.0, 2.0), shapes, strict=True)
    ]
    return Outputs(*streams), torch.from_numpy(labels)


def _stream(rng, labels, signal, shape):
    logits = signal * np.eye(K)[labels] + rng.normal(size=(len(labels), K))
    embedding = np.concatenate([logits, rng.normal(size=(len(labels), 2))], axis=1)
    fmap = None
    if shape:
        fmap = rng.normal(size=(len(labels), *shape))
        fmap[:, :K] += 2 * np.eye(K)[labels][:, :, None, None, None]
    rows = [softmax(logits, axis=1), logits, embedding, fmap]
    return StreamOutputs(*(None if row is None else torch.from_numpy(row).float() for row in rows))
