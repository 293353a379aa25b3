"""Building a run's streams and method, with weights, from the configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from backbones.base.errors import UsageError, UserError
from backbones.base.registry import load
from backbones.building import build, find
from backbones.contract import Backbone
from backbones.parts.conv import channels_last
from backbones.spec import FlowSpec, InputSpec
from backbones.weights.loading import WeightsReport, classifier_of, load_weights, run_tensors
from harness.config.resolve import method_settings
from harness.config.same_clip import check_one_clip
from harness.config.schema import Config, StreamConfig
from harness.data.clips.sample import seed_of
from harness.data.video.flow import SCALE, ZERO
from methods.catalogue import METHODS
from methods.contract import Method


@dataclass
class Streams:
    """A method with its two streams, what those that it uses see, and what was loaded into each."""

    method: Method
    specs: dict[str, InputSpec]
    weights: dict[str, WeightsReport | None]


@dataclass(frozen=True)
class Trained:
    """A stream of a finished run. load: fills a network with it. checkpoint: the run's."""

    load: Callable[[Backbone], WeightsReport]
    checkpoint: Path


def make(
    config: Config, classes: int, to_train: bool = True, trained: Mapping[str, Trained] | None = None
) -> Streams:
    """Initialised by the seed: a stream starts equal under every method, since each part has its own draw.

    to_train: otherwise a trained run's tensors are about to be laid over all, and no weights are needed.
    trained: of the streams whose weights are those of a run (`harness.training.streams.from_runs`).
    """
    parts: dict[str, Backbone] = {}
    specs: dict[str, InputSpec] = {}
    reports: dict[str, WeightsReport | None] = {}
    for name, stream in config.streams().items():
        torch.manual_seed(seed_of(config.seed, "initialisation", name))
        parts[name] = build_stream(stream, classes)
        reports[name] = _loaded(parts[name], name, stream.weights, (trained or {}).get(name))
        specs[name] = input_spec(stream, reports[name])
    torch.manual_seed(seed_of(config.seed, "initialisation", "method"))
    method_class = load(METHODS.get(config.method.name).target)
    method = method_class(parts["local"], parts["global"], method_settings(config))
    if method.same_clip:
        check_one_clip(config.method.name, specs)
    if to_train:
        _check_teachers(method, reports)
        _load_extras(method, config, trained or {})
    _check_views(config, method)
    # The layout of the clips, whose channels come last as decoded.
    channels_last(method)
    return Streams(method, {name: specs[name] for name in specs if name not in method.unused}, reports)


def _loaded(network: Backbone, name: str, weights: str | None, run: Trained | None) -> WeightsReport | None:
    if run:
        return run.load(network)
    return load_weights(network, weights, name) if weights else None


def _check_teachers(method: Method, reports: dict[str, WeightsReport | None]) -> None:
    """A teacher that is never trained must come trained: a random one would teach noise without a word."""
    for name in method.frozen:
        report = reports[name]
        if report is None:
            raise UsageError(
                f"the {name} stream is a frozen teacher but has no weights; give --weights-{name} FILE or a "
                "finished run of that network"
            )
        classifier = classifier_of(method.streams[name])  # type: ignore[arg-type]
        if any(key.startswith(classifier) for key in report.missing):
            raise UsageError(
                f"the {name} stream is a frozen teacher, but {report.source} has no classifier of these "
                "classes: train it on this data set"
            )


def _load_extras(method: Method, config: Config, trained: Mapping[str, Trained]) -> None:
    """What a frozen teacher's own run learned besides its streams."""
    for name in method.frozen:
        source = trained[name].checkpoint if name in trained else config.streams()[name].weights
        method.load_extras(name, run_tensors(str(source)))


def _check_views(config: Config, method: Method) -> None:
    """Streams that need each other are tested on pairs of views."""
    test = config.test
    if method.joint and test.local_clips != test.global_clips:
        raise UsageError(
            f"{config.method.name} tests its streams together, view by view: test.local_clips "
            f"({test.local_clips}) and test.global_clips ({test.global_clips}) must be equal"
        )


def build_stream(stream: StreamConfig, classes: int, **over: Any) -> Backbone:
    """The network alone. over: other frames, size or width."""
    sizes: dict[str, Any] = {"frames": stream.frames, "size": stream.crop, "width": stream.width} | over
    if "in_channels" in stream.settings:
        raise UsageError("in_channels follows from a stream's modality and flow.stack: set those instead")
    if "modality" in stream.settings:
        raise UsageError("modality is a setting of the stream, beside its backbone and frames; set it there")
    try:
        channels = input_spec(stream, None).channels
        sizes |= {"classes": classes, "in_channels": channels, "modality": stream.modality}
        return build(stream.backbone, **sizes, **stream.settings)
    except MemoryError:
        raise UserError(f"not enough memory to build {stream.backbone}") from None


def input_spec(stream: StreamConfig, report: WeightsReport | None) -> InputSpec:
    """What the stream sees; the normalisation of colours follows the weights, where they say."""
    source = find(stream.backbone).input
    mean = report.mean if report and report.mean else source.mean
    std = report.std if report and report.std else source.std
    flow = FlowSpec(stream.flow.algorithm, stream.flow.bound, stream.flow.stack or source.flow.stack)
    if stream.modality == "flow":
        mean, std = (ZERO / 255,) * (2 * flow.stack), (SCALE / 255,) * (2 * flow.stack)
    return dataclasses.replace(
        source,
        frames=stream.frames,
        stride=stream.stride,
        short_side=stream.short_side,
        test_short_side=stream.test_short_side,
        crop=stream.crop,
        mean=tuple(mean),
        std=tuple(std),
        modality=stream.modality,
        flow=flow,
    )
