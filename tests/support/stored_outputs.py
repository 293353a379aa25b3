"""Stored outputs of made-up videos, as a run keeps them."""

import torch

from harness.record.outputs import Stored
from support.fusion_outputs import make

# Settings with which the slow fusion rules take no time.
FAST = {"conv3d": {"steps": 3, "width": 4}, "bilinear": {"width": 32}}


def stored(videos, part, seed=0, maps=True, broken=()):
    outputs, labels = make(videos, seed, maps)
    tensors = {
        f"{name}.{field}": getattr(stream, field)
        for name, stream in (("local", outputs.local), ("global", outputs.glob))
        for field in ("scores", "logits", "embedding", *(["map"] if maps else []))
    }
    hits = torch.zeros(videos, 1, 2, dtype=torch.bool)
    tensors |= {"local.clip_hits": hits, "global.clip_hits": hits.clone()}
    ok = torch.ones(videos, dtype=torch.bool)
    ok[list(broken)] = False
    return Stored(tensors, labels, ok, [f"{part}/{n}" for n in range(videos)], {})
