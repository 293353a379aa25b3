"""What `harness run` was given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.config.base.base import Base


@dataclass(frozen=True)
class RunOptions:
    """What `harness run` was given. base: its preset, or its configuration file. local, glob: backbones.

    pretrain: the stream that is trained alone. seeds: runs with seeds 0 … seeds-1. pair: seed of the
    pre-training. pairs: of --set. data_root: folders, each with or without the name of its data set. out:
    folder of runs.
    """

    method: str | None
    pretrain: str | None
    local: str | None
    glob: str | None
    dataset: str | None
    data_root: tuple[str, ...]
    split: str | None
    base: Base
    seed: int | None
    seeds: int | None
    pair: int | None
    from_scratch: bool
    epochs: int | None
    batch_size: int | None
    micro_batch: int | None
    lr: float | None
    device: str
    precision: str | None
    determinism: str
    gradient_checkpointing: bool
    weights_local: str | None
    weights_global: str | None
    fusion: str | None
    fit_views: int | None
    pairs: tuple[str, ...]
    workers: int | None
    out: Path
    flow_cache: Path | None
    compile: bool
    trackers: tuple[str, ...]
    tensorboard: bool
    restart: bool
    wait: bool
    dry_run: bool
    as_json: bool

    def all_trackers(self) -> tuple[str, ...]:
        """Each once; `--tensorboard` is another name of one."""
        return tuple(dict.fromkeys((*self.trackers, *["tensorboard"] * self.tensorboard)))

    def flags(self, seed: int | None) -> dict[str, Any]:
        """The options as a tree, as presets have it; None is not given."""
        return {
            "seed": seed,
            "precision": self.precision,
            "compile": self.compile or None,
            "method": {"name": self.method, "fusion": self.fusion},
            "local": {"backbone": self.local, "weights": self.weights_local},
            "global": {"backbone": self.glob, "weights": self.weights_global},
            "data": {"dataset": self.dataset, "split": self.split},
            "train": {
                "epochs": self.epochs,
                "batch_size": self.batch_size,
                "micro_batch": self.micro_batch,
                "lr": self.lr,
            },
            "fit": {"views": self.fit_views},
        }
