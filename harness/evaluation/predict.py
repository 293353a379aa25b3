"""What a finished run predicts for new videos: each stream, both fused, and the streams' dominance."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from backbones.base.errors import UserError, error_line
from backbones.base.plain_text import clean
from backbones.base.streams import STREAMS, StreamName
from backbones.spec import InputSpec
from harness.config.fusion_rules import make as make_rule
from harness.config.schema import Config
from harness.data.clips.dataset import TestClips, Views
from harness.data.clips.loader import test_loader
from harness.data.clips.network_input import NetworkInput
from harness.data.index import Video
from harness.evaluation.evaluator import Evaluator
from harness.evaluation.plan import evaluation_plan
from harness.record import checkpoint
from harness.record.folder import RunFolder
from harness.record.plugins import check_same
from harness.record.schema import RunRecord
from harness.training import device as devices
from harness.training.distributed import processes as launch
from harness.training.precision import clip_dtype
from harness.training.streams.build import Streams, make
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Fusion
from methods.parts.dominance import dominance

Guesses = list[dict[str, Any]]


@dataclass(frozen=True)
class Prediction:
    """Of one video. error: why it could not be read (then there is nothing else).

    guesses: of "local", "global" and "fused", all {"class", "score"}, best first. dominance: m of each
    stream. weights: of each stream in the fusion rule, None where the rule has none.
    """

    video: str
    error: str | None = None
    guesses: dict[str, Guesses] | None = None
    dominance: dict[str, float] | None = None
    weights: dict[str, float] | None = None
    fusion: str | None = None

    def row(self) -> dict[str, Any]:
        """Flat, with columns as those of `harness.evaluation.per_video`."""
        if self.error is not None:
            return {"video": self.video, "error": self.error}
        guesses = self.guesses or {}
        return {
            "video": self.video,
            **{name: each[0]["class"] for name, each in guesses.items()},
            **{f"dominance.{name}": value for name, value in (self.dominance or {}).items()},
            **{f"weight.{name}": value for name, value in (self.weights or {}).items()},
            **{f"{name}.score.{g['class']}": g["score"] for name, each in guesses.items() for g in each},
        }


def columns(rows: Sequence[dict[str, Any]], classes: Sequence[str]) -> list[str]:
    """The columns of such rows: scores last, in the order of the classes."""
    there = dict.fromkeys(name for row in rows for name in row)
    scores = [f"{name}.score.{each}" for name in (*STREAMS, "fused") for each in classes]
    last = set(scores)
    return [*(name for name in there if name not in last), *(name for name in scores if name in there)]


class Predictor:
    """A finished run's trained streams, tested as the run was: the same views, the same fusion rule.

    views: of `TestConfig` (clips of each stream, crops), those that are to be others.
    """

    def __init__(self, run: RunFolder, device: str = "auto", views: Mapping[str, int] | None = None) -> None:
        self.record = run.run_record()
        config = Config.model_validate(self.record.config)
        self.config = config.model_copy(update={"test": config.test.model_copy(update=views or {})})
        self.fusion = self._rule()
        self.plan = evaluation_plan(self.config)
        self.streams = trained_streams(run, self.record, self.config)
        self.device = devices.choose(device, self.record.resolved.get("precision", "fp32"))
        self.fabric = launch.fabric(self.device)
        self.streams.method.to(self.fabric.device)

    def predict(self, paths: Sequence[Path]) -> list[Prediction]:
        """In the order of the paths; broken files are among them."""
        videos = [Video(id=f"{number}", path=path, label=0) for number, path in enumerate(paths)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "out.safetensors"
            stored = self._evaluator().run(self._batches(videos), [video.id for video in videos], path).stored
        good = iter(range(int(stored.ok.sum())))
        outputs = stored.outputs()
        fused = self.fusion.predict_proba(outputs) if bool(stored.ok.any()) else torch.empty(0)
        weights = self.fusion.weights(outputs) if bool(stored.ok.any()) else None
        predictions = []
        for video in videos:
            if video.id in stored.reasons:
                said = f"{clean(str(video.path))}: {stored.reasons[video.id]}"
                predictions.append(Prediction(str(video.path), error=said))
                continue
            row = next(good)
            scores = {
                "local": outputs.local.scores[row],
                "global": outputs.glob.scores[row],
                "fused": fused[row],
            }
            own = weights[row] if weights is not None else None
            if len(self.streams.specs) < len(STREAMS):  # the other one is not used, and nothing is fused
                scores, own = {name: scores[name] for name in self.streams.specs}, None
            predictions.append(self._one(video, scores, own))
        return predictions

    def clips(self, path: Path) -> dict[StreamName, Tensor]:
        """Of each stream, the clip in the middle of the test clips (T, H, W, 3) uint8, centre crop."""
        views = {stream: Views(self.plan.test[stream].clips) for stream in self.streams.specs}
        item = TestClips([Video("0", path, 0)], self.streams.specs, views, self.plan.short)[0]
        return {stream: item[stream][views[stream].count // 2] for stream in views}

    def _one(self, video: Video, scores: dict[str, Tensor], weights: Tensor | None) -> Prediction:
        return Prediction(
            video=str(video.path),
            guesses={name: self._guesses(value) for name, value in scores.items()},
            dominance=_dominance(scores) if set(STREAMS) <= set(scores) else None,
            weights=None if weights is None else dict(zip(STREAMS, map(float, weights), strict=True)),
            fusion=self.config.method.fusion,
        )

    def _guesses(self, scores: Tensor) -> Guesses:
        top = scores.sort(descending=True, stable=True)
        pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
        return [{"class": self.record.data.classes[label], "score": score} for label, score in pairs]

    def _rule(self) -> Fusion:
        entry = FUSIONS.get(self.config.method.fusion)
        if entry.learned:
            raise UserError(
                f"the run's fusion '{entry.name}' is fitted on held-out videos: not for predict yet"
            )
        return make_rule(entry.name, self.config.fusion.get(entry.name, {}))

    def _evaluator(self) -> Evaluator:
        dtype = clip_dtype(self.device.precision)
        return Evaluator(
            fabric=self.fabric,
            method=self.streams.method,
            inputs=NetworkInput(self.streams.specs, self.fabric.device, dtype),
            views_at_once=16,
            store_maps=True,
            top_k=5,
            report=lambda done, total, eta: None,
            stop_asked=lambda: None,
        )

    def _batches(self, videos: Sequence[Video]) -> Any:
        return test_loader(videos, self.streams.specs, self.plan.test, self.plan.short)


def _dominance(scores: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: float(dominance(scores[name][None])[0]) for name in STREAMS}


def trained_streams(run: RunFolder, record: RunRecord, config: Config) -> Streams:
    """The run's networks with its checkpoint's weights, and what they see as it was recorded.

    A `UserError` where the checkpoint is gone, or does not fit the networks, or its plug-ins are not here.
    """
    check_same(record)
    state = checkpoint.read(run.checkpoint)
    if state is None:
        fetched = run.how_to_fetch(run.checkpoint)
        raise UserError(f"{run.checkpoint} is not there: run {run.id} can be shown, but not used{fetched}")
    # The checkpoint has all tensors: files and hubs that the run began with are not needed again.
    local, glob = (stream.model_copy(update={"weights": None}) for stream in (config.local, config.glob))
    plain = config.model_copy(update={"local": local, "glob": glob})
    streams = make(plain, len(record.data.classes), to_train=False)
    try:
        streams.method.load_state_dict(state["method"])
    except (LookupError, RuntimeError) as error:
        raise UserError(
            f"{run.checkpoint} does not fit the networks of run {run.id} ({error_line(error)}): "
            "it is damaged or another run's"
        ) from None
    return replace(streams, specs={name: _seen(record, name, spec) for name, spec in streams.specs.items()})


def _seen(record: RunRecord, name: StreamName, spec: InputSpec) -> InputSpec:
    """The spec with the normalisation that the run's weights asked for."""
    report = record.weights.get(name)
    if not (report and report.get("mean")):
        return spec
    return replace(spec, mean=tuple(report["mean"]), std=tuple(report["std"]))
