"""From a configuration to a job: the videos found, the networks built, the run named."""

from __future__ import annotations

from typing import Any

from torch import nn

from backbones.base.errors import UserError
from harness.config.schema import Config
from harness.console.console import Screen
from harness.data.clips.loader import steps_per_epoch
from harness.data.holdout import hold_out
from harness.data.registry import open_index
from harness.data.video.flow_clips import check_flow
from harness.evaluation.fusion_fitting import LEAST, check_fusion
from harness.execution.job import Job, Launch
from harness.record.folder import RunFolder
from harness.record.identity import run_id
from harness.record.plugins import used
from harness.training import device as devices
from harness.training import processes as launch
from harness.training import tensorboard
from harness.training.streams import compiling, from_runs
from harness.training.streams.build import Streams, make


def prepare(config: Config, launched: Launch, screen: Screen) -> Job:
    """Finds the videos, builds the networks, names the run."""
    device = devices.choose(launched.device, config.precision)
    tensorboard.check_tensorboard(launched.tensorboard)
    compiling.check_compiler(device.kind, config.compile)
    config, sources = from_runs.find(config, launched.out)
    index = open_index(config.data.dataset, launched.data_root, config.data.split, config.data.settings)
    if len(index.classes) < 2:
        raise UserError(f"only one class ({', '.join(index.classes)}): a classifier needs two or more")
    index = hold_out(index, config.fit.share)
    screen.videos(index)
    if 0 < len(index.holdout) < LEAST and not config.fit.folds:
        screen.say(
            f"warning: no rule can be fitted on {len(index.holdout)} held-out videos ({LEAST} are needed): "
            "--set fit.share=0 trains on them, a larger share may do for both"
        )
    fitted = len(index.train if config.fit.folds else index.holdout)
    check_fusion(config.method.fusion, fitted, config.test.store_maps, config.fit.folds > 0, config.fusion)
    per_epoch = steps_per_epoch(len(index.train), config.train.batch_size)
    from_runs.check_unseen(index, sources, config.fit.folds)
    begun = from_runs.trained(sources, config, index.classes)
    streams = make(config, len(index.classes), trained=begun)
    check_flow(streams.specs, index)
    _say_weights(streams, screen)
    resolved = _resolved(config, device, streams.method)
    hashes = {name: report.sha256 if report else None for name, report in streams.weights.items()}
    plugins = used(config)
    for plugin in plugins:
        screen.say(f"plug-in {plugin.name} ({plugin.source}), SHA-256 {plugin.sha256[:12]}")
    identities = [plugin.identity for plugin in plugins]
    name = run_id(config, resolved, hashes, index.fingerprint, identities, index.flip)
    folder = RunFolder(launched.out / name)
    screen.say(f"device {device.kind}, precision {device.precision} ({device.why}); run {folder.id}")
    steps = config.train.epochs * per_epoch
    job = Job(config, launched, screen, device, index, streams, sources, resolved, folder, steps, per_epoch)
    if launched.tensorboard and launch.is_first():
        job.board = tensorboard.Board(folder.path / "tensorboard")
    return job


def _resolved(config: Config, device: devices.Device, method: nn.Module) -> dict[str, Any]:
    """What the configuration leaves open and a result depends on.

    batchnorm_batch: videos that BatchNorm sees together; each process has its own BatchNorm.
    """
    world, _ = launch.processes()
    micro = config.train.micro_batch or config.train.batch_size
    normalises = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in method.modules())
    return {
        "precision": device.precision,
        "micro_batch": micro,
        "batchnorm_batch": micro // world if normalises else None,
    }


def _say_weights(streams: Streams, screen: Screen) -> None:
    for name, report in streams.weights.items():
        if report:
            screen.say(
                f"{name} weights: {report.source}, {len(report.loaded)} tensors loaded, "
                f"{len(report.skipped)} skipped, {len(report.missing)} missing, SHA-256 {report.sha256[:12]}"
            )
