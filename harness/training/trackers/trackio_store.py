"""Trackio's own store on this machine (`TRACKIO_DIR`), or the Space that the user's settings name."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Any

from harness.training.trackers.contract import PROJECT, About


class Trackio:
    """A run of the project `mbd-harness`, called by the run's id.

    It prints on stdout, where `harness run --json` has its record: that goes to stderr.
    """

    def __init__(self) -> None:
        self._run: Any = None

    def start(self, about: About, known: str | None, since: int | None) -> str:
        with contextlib.redirect_stdout(sys.stderr):
            import trackio

            self._run = trackio.init(
                project=PROJECT,
                name=known or about.id,
                config=dict(about.settings),
                resume="allow" if known else "never",
                embed=False,
                auto_log_gpu=False,
                auto_log_cpu=False,
            )
        return str(self._run.name)

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        self._run.log(dict(numbers), step=step)

    def finish(self) -> None:
        with contextlib.redirect_stdout(sys.stderr):
            self._run.finish()
