"""A finished run's networks as a module of torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pandas import DataFrame
from torch import Tensor, nn

from backbones.base.errors import UsageError
from backbones.contract import Backbone, Features
from backbones.spec import InputSpec
from harness.api.paths import as_path
from harness.api.sources import Paths, in_python, load_sources
from harness.evaluation.predict import Predictor, columns
from harness.record.folder import finished_run
from harness.record.schema import RunRecord


class TrainedRun(nn.Module):
    """The trained streams of a run, in evaluation mode.

    streams: the networks by name, "local" and "global", of those that the method uses. specs: what each sees.
    classes: their names, in the order of the logits. record: of the run.
    """

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        method = predictor.streams.method
        self.specs: dict[str, InputSpec] = {str(k): spec for k, spec in predictor.streams.specs.items()}
        self.streams = nn.ModuleDict({name: method.streams[name] for name in self.specs})
        self.record: RunRecord = predictor.record
        self.classes: tuple[str, ...] = tuple(predictor.record.data.classes)
        self._predictor = (predictor,)  # no part of the module
        self.eval()

    def forward(self, clips: Mapping[str, Tensor]) -> dict[str, Features]:
        """clips: of each stream (B, C, T, H, W), normalised by the mean and std of its spec. Logits (B, K),
        embedding and map of each stream."""
        return {name: self.stream(name)(clip) for name, clip in clips.items()}

    def stream(self, name: str) -> Backbone:
        """The network of one stream, "local" or "global"; a `KeyError` where the method does not use it."""
        network = self.streams[name]
        assert isinstance(network, Backbone)
        return network

    def predict(self, videos: str | Path | Iterable[str | Path]) -> DataFrame:
        """A row for each video: the class that each stream and their fusion says, dominance, weights, scores.

        As `harness predict` does it: the views that the run was tested on, the method's own fusion rule.
        Scores are from 0 to 1. A video that cannot be read has an `error` and
        nothing else. Raises `UsageError` where no video is given.
        """
        given = [videos] if isinstance(videos, str | Path) else list(videos)
        if not given:
            raise UsageError("no videos are given")
        (predictor,) = self._predictor
        rows = [each.row() for each in predictor.predict([as_path(video, "a video") for video in given])]
        return DataFrame(rows, columns=columns(rows, self.classes))


@in_python
def load(
    run: str | Path,
    *,
    out: str | Path = "runs",
    device: str = "auto",
    plugin: Paths = None,
    paper: Paths = None,
) -> TrainedRun:
    """A finished run's trained streams. run: an id, the beginning of an id, or a run's folder. out: where
    runs lie. device: "auto", "cpu" or "cuda". plugin, paper: your own files and folders that the run used, a
    path or a list of paths; they are executed and loaded as `--plugin` and `--paper` do it.

    Raises `UserError` where the run is not finished, its checkpoint is not there or damaged, or a plug-in is
    not the one that it used.
    """
    load_sources(plugin, paper)
    return TrainedRun(Predictor(finished_run(as_path(out, "out"), str(as_path(run, "run"))), device))
