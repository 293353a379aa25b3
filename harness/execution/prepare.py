"""From a configuration to a job: the videos found, the networks built, the run named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from backbones.base.errors import UsageError, UserError
from backbones.base.streams import PerStream, StreamName
from backbones.weights.checks import large
from harness.config.fusion_rules import fits_rules
from harness.config.schema import Config
from harness.data.clips.schedule import TrainingSchedule
from harness.data.clips.spans import median_length, too_long
from harness.data.content.equal import say_equal
from harness.data.content.hashes import Hashes
from harness.data.holdout import folds, hold_out
from harness.data.index import Video, VideoIndex
from harness.data.registry import DATASETS, open_index
from harness.data.video.flow_clips import check_flow
from harness.evaluation.fusion_fitting import LEAST, check_fusion
from harness.evaluation.plan import evaluation_plan
from harness.execution.job import Fold, Job, Launch
from harness.execution.reporter import Reporter
from harness.execution.run_facts import run_facts
from harness.launched import launched
from harness.record.folder import RunFolder
from harness.record.identity import run_id
from harness.record.plugins import used
from harness.training import device as devices
from harness.training.plan import TrainingPlan, train_sampling, training_plan
from harness.training.streams import compiling, from_runs, seen
from harness.training.streams.build import Streams, make
from harness.training.streams.requirements import check_augmentation
from harness.training.trackers.catalogue import check as check_trackers
from harness.training.trackers.contract import About, flat
from harness.training.trackers.sink import Trackers


def prepare(config: Config, launch: Launch, reporter: Reporter) -> Job:
    """Finds the videos, builds the networks, names the run."""
    launched()  # variables that make no sense are said before videos are read, or rendered
    launch.check_places()
    device = devices.choose(launch.device, config.precision)
    check_trackers(launch.trackers)
    compiling.check_compiler(device.kind, config.compile, launch.gradient_checkpointing)
    config, sources = from_runs.find(config, launch.out)
    index = find_videos(config, launch.data_root, reporter, draw=not launch.dry_run)
    drawn = from_runs.joint_seed(config.seed, sources)
    schedule = TrainingSchedule(len(index.train), config.train.batch_size, config.train.epochs)
    evaluation, knowingly = evaluation_plan(config), config.data.leaks == "warn"
    if not index.undrawn:
        leaks = _leaks(index, evaluation.part, sources, config.fit.folds > 0)
        index = _admitted(index, leaks, knowingly, reporter)
    trained = from_runs.trained(sources, PerStream(config.local, config.glob), index.classes)
    new_streams = partial(make, config, len(index.classes), not launch.awaiting, trained=trained, seed=drawn)
    streams = new_streams()
    foreign = seen.say_foreign(streams.weights)
    index = _admitted(index, list(foreign.values()), knowingly, reporter)
    check_flow(streams.specs, index)
    _say_weights(streams, reporter)
    sampling = train_sampling(config, index.flip, streams.method.same_clip, drawn)
    length = None if index.undrawn else median_length(index.test or index.train)
    for line in too_long(streams.specs, length, sampling.short) if length else ():
        reporter.say(f"warning: {line}")
    training = training_plan(config, schedule, sampling)
    check_augmentation(streams.method, streams.specs, training)
    resolved = _resolved(device, training, streams) | ({"training_seed": drawn} if drawn else {})
    folder = RunFolder(launch.out / _name(config, resolved, streams, index, reporter))
    name = "its id follows from the clips, which are not drawn yet" if index.undrawn else f"run {folder.id}"
    reporter.say(f"device {device.kind}, precision {device.precision} ({device.why}); {name}")
    return Job(
        facts=run_facts(config, streams.method.unused),
        launch=repeatable(launch, device.kind, config.compile),
        reporter=reporter,
        device=device,
        index=index,
        streams=streams,
        new_streams=new_streams,
        sources=sources,
        foreign=tuple(foreign),
        training=training,
        evaluation=evaluation,
        folds=tuple(Fold(part, training.on(len(part.train))) for part in folds(index, config.fit.folds)),
        compile=config.compile,
        resolved=resolved,
        folder=folder,
        trackers=_trackers(launch, folder, flat(config.model_dump(mode="json", by_alias=True)), reporter),
    )


def repeatable(launch: Launch, device: str, compiled: bool) -> Launch:
    """On a CPU a run gives the same bits every time, at every level. Compiled networks need deterministic
    algorithms for that: else some of their sums are added up in the order in which threads come."""
    if device == "cpu" and compiled and launch.determinism == "off":
        return replace(launch, determinism="best-effort")
    return launch


def check(config: Config, launch: Launch, reporter: Reporter) -> None:
    """Raises what is wrong with a run before those that it starts from are made, which may take days.

    It is as if they had been made: a stream without weights will have some.
    """
    launched()
    launch.check_places()
    device = devices.choose(launch.device, config.precision)
    compiling.check_compiler(device.kind, config.compile, launch.gradient_checkpointing)
    check_trackers(launch.trackers)
    config, sources = from_runs.find(config, launch.out)
    index = find_videos(config, launch.data_root, reporter, draw=not launch.dry_run)
    if not index.undrawn:
        leaks = _leaks(index, evaluation_plan(config).part, sources, config.fit.folds > 0)
        _admitted(index, leaks, config.data.leaks == "warn", reporter)
    trained = from_runs.trained(sources, PerStream(config.local, config.glob), index.classes)
    check_flow(make(config, len(index.classes), to_train=False, trained=trained).specs, index)


def find_videos(config: Config, root: Path | None, reporter: Reporter, *, draw: bool = True) -> VideoIndex:
    """The index with its hold-out. A `UserError` says what cannot be made of it, before anything is built.

    draw: whether generated clips are made that are not there.
    """
    data, fit = config.data, config.fit
    _check_parts(config)
    index = open_index(data.dataset, root, data.split, data.settings, _parts(config), draw=draw)
    if len(index.classes) < 2:
        raise UserError(f"only one class ({', '.join(index.classes)}): a classifier needs two or more")
    index = hold_out(index, data.validation, "validation")
    ignored = config.test.part == "test" and config.train.schedule != "plateau"
    unused = len(index.validation) if data.validation and ignored else 0
    index = hold_out(index, fit.share)
    tested = _tested(config, index)
    index = replace(index, test=tested, validation=_followed(index, config.train.schedule == "plateau"))
    if fit.folds or not fits_rules(config):
        index = replace(index, holdout=())
    reporter.videos(index)
    if unused:
        reporter.say(
            f"data.validation={data.validation:g}: {unused} training videos are kept for choosing settings, "
            "and not used here; --set data.validation=0 trains on them, too"
        )
    if 0 < len(index.holdout) < LEAST and not fit.folds:
        reporter.say(
            f"warning: no rule can be fitted on {len(index.holdout)} held-out videos ({LEAST} are needed): "
            "--set fit.share=0 trains on them, a larger share may do for both"
        )
    fitted = len(index.train if fit.folds else index.holdout)
    check_fusion(config.method.fusion, fitted, config.test.store_maps, fit.folds > 0, config.fusion)
    keeping = {"data.validation": data.validation, "fit.share": fit.share}
    kept = [f"{setting}={share:g}" for setting, share in keeping.items() if share]
    more = f" ({index.taken} more are kept from training: {', '.join(kept)})" if index.taken else ""
    schedule = TrainingSchedule(len(index.train), config.train.batch_size, config.train.epochs)
    schedule.check(more)
    if said := schedule.left_over_said():
        reporter.say(said)
    if (rising := config.train.warmup_steps) >= schedule.steps:
        reporter.say(
            f"warning: train.warmup_steps={rising}, and this training has {schedule.steps} steps: it ends "
            "while its learning rate still rises; give a smaller one (of a preset's pre-training: --set "
            "pretraining.both.train.warmup_steps=N), or more epochs"
        )
    elif 3 * rising > schedule.steps:
        reporter.say(f"train.warmup_steps={rising}: the rate rises for {rising} of {schedule.steps} steps")
    return index


def _leaks(
    index: VideoIndex, tested: str, sources: Mapping[StreamName, from_runs.Source], crossed: bool
) -> list[str]:
    """A line where what is tested was trained on, here or before, or that cannot be excluded."""
    with Hashes() as hashes:
        equal = say_equal(index, tested, hashes)
        return equal + seen.check_unseen(index, sources, crossed, hashes)


def _admitted(index: VideoIndex, leaks: list[str], knowingly: bool, reporter: Reporter) -> VideoIndex:
    """The index with these lines among its warnings, if the user goes on knowingly."""
    if leaks and not knowingly:
        raise UserError(f"{leaks[0]}; --set data.leaks=warn goes on, and the record says so")
    for line in leaks:
        reporter.say(f"warning: {line}")
    return replace(index, warnings=(*index.warnings, *leaks))


def _check_parts(config: Config) -> None:
    """Raises UsageError where training videos are to be kept for what the data set has videos for."""
    own = DATASETS.get(config.data.dataset).parts
    given = {
        "fit": ("fit.share", config.fit.share),
        "validation": ("data.validation", config.data.validation),
    }
    for part, (setting, share) in given.items():
        if share and part in own:
            raise UsageError(
                f"{setting}={share:g}: {config.data.dataset} has videos of its own for that; leave it out"
            )


def _parts(config: Config) -> set[str]:
    """The parts of the data set that the run needs; of generated clips no others are made."""
    part = config.test.part
    fitted = part != "none" and not config.fit.folds and fits_rules(config)
    followed = config.train.schedule == "plateau"
    parts = [part] * (part != "none") + ["fit"] * fitted + ["validation"] * followed
    return {"train", *parts}


def _followed(index: VideoIndex, follows: bool) -> tuple[Video, ...]:
    """The validation videos that are looked at while the streams are trained."""
    if not follows:
        return ()
    if not index.validation:
        raise UsageError(
            f"train.schedule=plateau: {index.dataset} has no validation videos to follow; keep some of the "
            "training videos with --set data.validation=0.2"
        )
    return index.validation


def _tested(config: Config, index: VideoIndex) -> tuple[Video, ...]:
    """The videos that the run is tested on, which stand in the place of test videos from here on."""
    part = config.test.part
    if part == "validation" and not index.validation:
        raise UsageError(
            f"test.part=validation: {index.dataset} has no validation videos; keep some of the training "
            "videos with --set data.validation=0.2"
        )
    return {"test": index.test, "validation": index.validation, "none": ()}[part]


def _name(
    config: Config, resolved: dict[str, Any], streams: Streams, index: VideoIndex, reporter: Reporter
) -> str:
    """The run's id, by its plug-ins too, which are told."""
    plugins = used(config)
    for plugin in plugins:
        reporter.say(f"plug-in {plugin.name} ({plugin.source}), SHA-256 {plugin.sha256[:12]}")
    hashes = streams.weights.map(lambda report: report.sha256 if report else None).plain()
    identities = [plugin.identity for plugin in plugins]
    return run_id(config, resolved, hashes, index.fingerprint, identities, index.flip)


def _resolved(device: devices.Device, training: TrainingPlan, streams: Streams) -> dict[str, Any]:
    """What the configuration leaves open and a result depends on.

    batchnorm_batch: videos that BatchNorm sees together; each process has its own BatchNorm, unless they are
    synchronised. clip_places: of
    one clip for streams that have unequally many places; runs from when each drew from its own have it not.
    """
    micro_batch = training.micro_batch
    apart = 1 if training.sync_batchnorm else launched().world
    modules = streams.method.modules()
    normalises = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in modules)
    resolved = {
        "precision": device.precision,
        "micro_batch": micro_batch,
        "batchnorm_batch": micro_batch // apart if normalises else None,
    }
    shortened = training.sampling.shortens(streams.specs)
    return resolved | ({"clip_places": "common"} if shortened else {})


def _trackers(
    launch: Launch, folder: RunFolder, settings: dict[str, Any], reporter: Reporter
) -> Trackers | None:
    """Of the process that writes."""
    if not launch.trackers or not launched().first:
        return None
    return Trackers(launch.trackers, About(folder.id, folder.path, settings), reporter.say)


def _say_weights(streams: Streams, reporter: Reporter) -> None:
    for name, report in streams.weights.items():
        if report:
            reporter.say(
                f"{name} weights: {report.source}, {len(report.loaded)} tensors loaded, "
                f"{len(report.skipped)} skipped, {len(report.missing)} missing, SHA-256 {report.sha256[:12]}"
            )
            own = streams.method.stream(name).state_dict()
            if unusual := large({key: own[key] for key in report.loaded}):
                reporter.say(f"warning: {name} weights: {unusual}: are they the right ones?")
