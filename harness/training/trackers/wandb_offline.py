"""Weights & Biases, offline unless the user's settings say otherwise (`WANDB_MODE`)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import Any

from harness.training.trackers.contract import PROJECT, About


class WandB:
    """A run of the project `mbd-harness`, in the folder `wandb` of the run; `wandb sync` uploads it.

    Its id is drawn, since W&B forbids that of a run that was deleted. A session that goes on writes a folder
    of its own under the same id.
    """

    def __init__(self) -> None:
        self._run: Any = None

    def start(self, about: About, known: str | None, since: int | None) -> str:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            id=known or uuid.uuid4().hex[:8],
            name=about.id,
            dir=about.folder,
            config=dict(about.settings),
            mode="offline" if os.environ.get("WANDB_MODE") is None else None,
            resume="allow" if known and os.environ.get("WANDB_MODE") == "online" else None,
            settings=wandb.Settings(
                console="off",
                disable_code=True,
                disable_git=True,
                save_code=False,
                silent=True,
                x_disable_stats=True,
            ),
        )
        return str(self._run.id)

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        self._run.log(dict(numbers), step=step)

    def finish(self) -> None:
        self._run.finish()
