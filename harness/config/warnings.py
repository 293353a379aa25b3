"""Checks that need the configuration alone: runs that cannot work, and settings without effect.

They are made before torch is loaded and before clips are generated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backbones.base.errors import UsageError
from backbones.building import find
from backbones.weights.refused import check_named
from harness.config.resolve import method_settings
from harness.config.same_clip import check_same_clip
from harness.config.schema import Config, FlowConfig
from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from methods.defaults import non_default
from methods.registry import MethodEntry


def overridden(pairs: Iterable[str]) -> list[str]:
    """A line for each setting that one command sets to two values: the last one holds."""
    earlier: dict[str, str] = {}
    lines = []
    for pair in pairs:
        key = pair.partition("=")[0].strip()
        if earlier.get(key, pair) != pair:
            lines.append(f"--set {earlier[key]} has no effect: --set {pair} comes after it")
        earlier[key] = pair
    return lines


def check_weights(config: Config) -> None:
    """A `UsageError` where a narrow stream is to start from published weights, which are of full width, or
    where there is no such file; a `UserError` for a file that has no weights."""
    for name, stream in config.streams().items():
        published = stream.weights in find(stream.backbone).weights
        if stream.weights is not None and not published:
            check_named(stream.weights)
        if stream.width != 1 and published:
            raise UsageError(
                f"--weights-{name} {stream.weights}: published weights are for the full network, but "
                f"{name}.width is {stream.width:g}; give --set {name}.width=1"
            )


def check_teacher(config: Config) -> None:
    """A `UsageError` where a frozen teacher has no initial weights: an untrained one would teach noise.

    `harness.training.streams.requirements` checks what was loaded.
    """
    entry, settings = METHODS.get(config.method.name), method_settings(config)
    frozen = getattr(settings, "teacher", "") if getattr(settings, "frozen", False) else ""
    name: str = entry.teacher or frozen
    if name and config.streams()[name].weights is None:
        first = f"; {_how_to_train(entry)} trains it first" if entry.taught_by else ""
        other = "; or leave out method.frozen to train both streams" if frozen else ""
        raise UsageError(
            f"the {name} stream is a frozen teacher but has no weights; give --weights-{name} FILE or a "
            f"finished run of that network{first}{other}"
        )
    if entry.teacher:
        check_same_clip(entry.name, config.streams())


def _how_to_train(entry: MethodEntry) -> str:
    """The command that trains the teacher of this method."""
    paper = PAPERS.teaching(entry.name)
    if paper is None:
        return f"'harness run --method {entry.taught_by} …'"
    return f"'harness table {paper.teachers_table} --run'"


def without_effect(configs: Sequence[Config]) -> list[str]:
    """A line for each setting that was given and has no effect."""
    lines = (line for config in configs for line in (*_flow(config), *_method(config)))
    return list(dict.fromkeys(lines))


def _flow(config: Config) -> list[str]:
    return [
        f"{name}.flow has no effect: the {name} stream sees colours (--set {name}.modality=flow)"
        for name, stream in config.streams().items()
        if stream.modality != "flow" and stream.flow != FlowConfig()
    ]


def _method(config: Config) -> list[str]:
    """Of the method's own settings, by the `only_with` of their class."""
    settings = method_settings(config)
    lines = []
    for key in non_default(config.method.name, config.method.settings):
        other, values = getattr(settings, "only_with", {}).get(key, ("", ()))
        if other and getattr(settings, other) not in values:
            needed = " or ".join(str(value).lower() if value is True else str(value) for value in values)
            lines.append(f"method.{key} has no effect: it needs method.{other}={needed}")
    return lines
