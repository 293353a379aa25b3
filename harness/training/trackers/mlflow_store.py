"""MLflow: a SQLite store beside the runs, or the one that `MLFLOW_TRACKING_URI` names."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.training.trackers.contract import PROJECT, About

STORE = "mlflow.db"
AT_ONCE = 100  # parameters that a store takes together


class MLflow:
    """A run of the experiment `mbd-harness`, called by the run's id; settings are its parameters."""

    def __init__(self) -> None:
        self._client: Any = None
        self._run = ""

    def start(self, about: About, known: str | None, since: int | None) -> str:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient

        folder = about.folder.parent.resolve()
        given = os.environ.get("MLFLOW_TRACKING_URI")
        self._client = MlflowClient(tracking_uri=given or f"sqlite:///{folder / STORE}")
        self._run = known or self._new(about, folder, own_store=given is None)
        self._client.update_run(self._run, status="RUNNING")
        return self._run

    def _new(self, about: About, folder: Path, own_store: bool) -> str:
        from mlflow.entities import Param

        found = self._client.get_experiment_by_name(PROJECT)
        place = {"artifact_location": (folder / "mlflow-artifacts").as_uri()} if own_store else {}
        experiment = found.experiment_id if found else self._client.create_experiment(PROJECT, **place)
        run: str = self._client.create_run(experiment, run_name=about.id).info.run_id
        params = [Param(key, str(value)) for key, value in about.settings.items()]
        for at in range(0, len(params), AT_ONCE):
            self._client.log_batch(run, params=params[at : at + AT_ONCE])
        return run

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, step) for name, value in numbers.items()]
        self._client.log_batch(self._run, metrics=metrics)

    def finish(self) -> None:
        self._client.set_terminated(self._run, "FINISHED")
