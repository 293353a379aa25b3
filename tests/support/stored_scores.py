"""Finished runs with scores written by hand, as `runs/` keeps them."""

import json

import numpy as np
import torch

from harness.record.folder import RunFolder
from harness.record.outputs import Stored, save
from harness.record.stored.checksums import checksums
from support.made_records import save as save_records


def keep(record, folder, local, glob, labels, ok=None, names=None, families=None):
    """The run's folder. local, glob: (N, K) scores. families: of the videos, written to `videos.json`."""
    count, good = len(labels), [True] * len(labels) if ok is None else ok
    names = names or [f"v{n}" for n in range(count)]
    tensors = {}
    for stream, scores in (("local", local), ("global", glob)):
        rows = torch.tensor(np.array(scores), dtype=torch.float32)
        tensors |= {f"{stream}.{field}": rows.clone() for field in ("scores", "logits", "embedding")}
        tensors[f"{stream}.clip_hits"] = torch.zeros(count, 1, 2, dtype=torch.bool)
    save_records([record], folder)
    path = folder / record.id / "outputs-test.safetensors"
    save(path, Stored(tensors, torch.tensor(labels), torch.tensor(good), names, {}))
    if families:
        rows = [
            {"id": name, "label": label, "group": None, "family": family, "right": None}
            for name, label, family in zip(names, labels, families, strict=True)
        ]
        path.with_name("videos.json").write_text(json.dumps({"test": rows, "holdout": []}))
    # As a run does it, which says in its record what it has stored.
    save_records([record.model_copy(update={"files": checksums(RunFolder(path.parent))})], folder)
    return path
