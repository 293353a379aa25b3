"""What a method's attributes demand of a run: checked once the streams are built, before anything is trained.

Any method can set these attributes (`methods.contract.Method`): `frozen`, `same_clip`, `joint`.
"""

from __future__ import annotations

from collections.abc import Mapping

from backbones.base.errors import UsageError
from backbones.base.streams import PerStream, StreamName
from backbones.spec import InputSpec
from backbones.weights.loading import WeightsReport, classifier_of
from harness.config.same_clip import check_same_clip
from harness.config.schema import StreamConfig, TestConfig
from harness.launched import launched
from harness.training.plan import TrainingPlan
from methods.contract import Method


def check_clips(method: Method, name: str, specs: PerStream[InputSpec], test: TestConfig) -> None:
    """`same_clip` needs streams that see the same, `joint` as many test clips of both; else a `UsageError`.

    name: the method's.
    """
    if method.same_clip:
        check_same_clip(name, specs.plain())
    if method.joint and test.local_clips != test.global_clips:
        raise UsageError(
            f"{name} tests its streams together, view by view: test.local_clips "
            f"({test.local_clips}) and test.global_clips ({test.global_clips}) must be equal"
        )


def check_augmentation(method: Method, specs: Mapping[StreamName, InputSpec], plan: TrainingPlan) -> None:
    """A `UsageError` where losses or batch do not allow that clips are mixed, or RandAugment meets flow.

    specs: of the streams that it uses.
    """
    if plan.mixing:
        if not method.mixable:
            raise UsageError(
                "train.mixup and train.cutmix: a loss of this method, with its settings, needs one label for "
                "each video; leave them out"
            )
        world = launched().world
        if plan.micro_batch // world < 2:
            raise UsageError(
                "train.mixup and train.cutmix mix the videos of one forward pass, and it has one: give a "
                "larger --batch-size or --micro-batch"
            )
    flow = [name for name, spec in specs.items() if spec.modality == "flow"]
    if plan.sampling.randaugment and flow:
        raise UsageError(f"train.randaugment changes colours, and the {flow[0]} stream sees optical flow")


def check_frozen_layers(
    method: Method, streams: PerStream[StreamConfig], reports: PerStream[WeightsReport | None]
) -> None:
    """A `UsageError` for layers that are not trained and have no weights: random ones would pass on noise."""
    for name, stream in streams.items():
        if stream.frozen_layers and reports[name] is None and name not in method.unused:
            raise UsageError(
                f"{name}.frozen_layers is {stream.frozen_layers}, but the {name} stream has no weights; give "
                f"--weights-{name}, or 0 to train all layers"
            )


def check_frozen(method: Method, reports: PerStream[WeightsReport | None]) -> None:
    """A `UsageError` for a `frozen` stream without trained weights of these classes: it would teach noise."""
    for name, report in reports.items():
        if name not in method.frozen:
            continue
        if report is None:
            raise UsageError(
                f"the {name} stream is a frozen teacher but has no weights; give --weights-{name} FILE or a "
                "finished run of that network"
            )
        classifier = classifier_of(method.stream(name))
        if any(key.startswith(classifier) for key in report.missing):
            raise UsageError(
                f"the {name} stream is a frozen teacher, but {report.source} has no classifier of these "
                "classes: train it on this data set"
            )
