"""Building a run's streams and method, with weights, from the configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.registry import load
from backbones.base.streams import PerStream, StreamName
from backbones.building import UnknownSetting, build, find
from backbones.contract import Backbone
from backbones.layers import freeze
from backbones.parts.conv import channels_last
from backbones.spec import FlowSpec, InputSpec
from backbones.weights.loading import WeightsReport, load_weights, run_tensors
from harness.config.labels import label
from harness.config.resolve import method_settings
from harness.config.schema import Config, StreamConfig
from harness.data.clips.sample import seed_of
from harness.data.video.flow import SCALE, ZERO
from harness.training.streams import requirements
from methods.catalogue import METHODS
from methods.contract import Method


@dataclass(frozen=True)
class Network:
    """The network that a stream is.

    build(frames=…, size=…, width=…): makes it again with random weights; of the stream's own sizes where
    nothing else is said. key: the same for networks that are built alike.
    """

    backbone: str
    width: float
    modality: str
    build: Callable[..., Backbone]
    key: str

    def label(self, width: float) -> str:
        """What it is called in tables at this width."""
        return label(self.backbone, width, self.modality)


@dataclass(frozen=True)
class Streams:
    """A method with its two streams.

    specs: what each stream sees, of those that the method uses. weights: what was loaded into each.
    networks: which network each is.
    """

    method: Method
    specs: Mapping[StreamName, InputSpec]
    weights: PerStream[WeightsReport | None]
    networks: PerStream[Network]


@dataclass(frozen=True)
class Trained:
    """A stream of a finished run. load: fills a network with it. checkpoint: the run's."""

    load: Callable[[Backbone], WeightsReport]
    checkpoint: Path


def make(
    config: Config,
    classes: int,
    to_train: bool = True,
    trained: Mapping[StreamName, Trained] | None = None,
    seed: int | None = None,
) -> Streams:
    """Initialised by the seed: a stream starts equal under every method, since each part has its own draw.

    to_train: otherwise a trained run's tensors are about to replace all, and no weights are needed.
    trained: of the streams whose weights are those of a run (`harness.training.streams.from_runs`). seed:
    None is the configuration's.
    """
    chosen, runs = PerStream(config.local, config.glob), trained or {}
    drawn = config.seed if seed is None else seed
    built = PerStream.of(lambda name: _stream(name, chosen[name], classes, drawn, runs.get(name)))
    reports = built.map(lambda one: one.report)
    torch.manual_seed(seed_of(drawn, "initialisation", "method"))
    method_class = load(METHODS.get(config.method.name).target)
    method: Method = method_class(built.local.module, built.glob.module, method_settings(config))
    method.label_smoothing = config.train.label_smoothing
    specs = built.map(lambda one: one.spec)
    requirements.check_clips(method, config.method.name, specs, config.test)
    if to_train:
        requirements.check_frozen(method, reports)
        requirements.check_frozen_layers(method, chosen, reports)
        for name in method.frozen:
            source = runs[name].checkpoint if name in runs else chosen[name].weights
            method.load_extras(name, run_tensors(str(source)))
    # The layout of the clips, whose channels come last as decoded.
    channels_last(method)
    used = {name: spec for name, spec in specs.items() if name not in method.unused}
    return Streams(method, used, reports, built.map(lambda one: one.network))


@dataclass(frozen=True)
class _Built:
    module: Backbone
    report: WeightsReport | None
    spec: InputSpec
    network: Network


def _stream(name: StreamName, stream: StreamConfig, classes: int, seed: int, run: Trained | None) -> _Built:
    """The network, initialised by its own draw, with its weights."""
    torch.manual_seed(seed_of(seed, "initialisation", name))
    module = build_stream(stream, classes)
    if run:
        report: WeightsReport | None = run.load(module)
    else:
        report = None
        if stream.weights:
            report = load_weights(module, stream.weights, name, stream.backbone)
    _freeze(name, module, stream.frozen_layers)
    again = partial(build_stream, stream, classes)
    key = f"{classes} classes, {stream.model_copy(update={'weights': None}).model_dump_json()}"
    network = Network(stream.backbone, stream.width, stream.modality, again, key)
    return _Built(module, report, input_spec(stream, report), network)


def _freeze(name: StreamName, module: Backbone, count: int) -> None:
    try:
        if count:
            freeze(module, count)
    except UsageError as error:
        raise UsageError(f"{name}.{error}") from None


def build_stream(stream: StreamConfig, classes: int, **over: Any) -> Backbone:
    """The network alone. over: other frames, size or width.

    A `UsageError` where a setting is unknown or has its place elsewhere; a `UserError` without enough memory.
    """
    sizes: dict[str, Any] = {"frames": stream.frames, "size": stream.crop, "width": stream.width} | over
    if "in_channels" in stream.settings:
        raise UsageError("in_channels follows from a stream's modality and flow.stack: set those instead")
    if "modality" in stream.settings:
        raise UsageError("modality is a setting of the stream, beside its backbone and frames; set it there")
    try:
        channels = input_spec(stream, None).channels
        sizes |= {"classes": classes, "in_channels": channels, "modality": stream.modality}
        if taken := next((key for key in stream.settings if key in sizes or key == "name"), None):
            raise UsageError(
                f"backbone '{stream.backbone}' has no setting '{taken}' of its own: leave it out"
            )
        return build(stream.backbone, **sizes, **stream.settings)
    except UnknownSetting as error:
        beside = suggestion(error.key, list(StreamConfig.model_fields)).rstrip("?")
        raise UsageError(f"{error}{f'{beside}, which stands beside the backbone?' * bool(beside)}") from None
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
