"""What a configuration alone says of a run that cannot be made, or of settings that would change nothing.

It is looked at before torch is loaded and before clips are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backbones.base.errors import UsageError
from harness.config.resolve import method_settings
from harness.config.same_clip import check_one_clip
from harness.config.schema import Config, FlowConfig
from methods.catalogue import METHODS
from methods.defaults import non_default


def overridden(pairs: Iterable[str]) -> list[str]:
    """A line for each setting that one command says twice, with two values: the last one holds."""
    said: dict[str, str] = {}
    lines = []
    for pair in pairs:
        key = pair.partition("=")[0].strip()
        if said.get(key, pair) != pair:
            lines.append(f"--set {said[key]} changes nothing: --set {pair} comes after it")
        said[key] = pair
    return lines


def check_teacher(config: Config) -> None:
    """A `UsageError` where a stream that teaches and is not trained has no weights to begin with.

    A random one would teach noise without a word (`harness.training.streams` looks at what was loaded).
    """
    entry, settings = METHODS.get(config.method.name), method_settings(config)
    frozen = getattr(settings, "teacher", "") if getattr(settings, "frozen", False) else ""
    name: str = entry.teacher or frozen
    if name and config.streams()[name].weights is None:
        first = "; 'harness table genkd --run' trains it first" if entry.taught_by else ""
        other = "; or leave method.frozen out to train both streams" if frozen else ""
        raise UsageError(
            f"the {name} stream is a frozen teacher but has no weights; give --weights-{name} FILE or a "
            f"finished run of that network{first}{other}"
        )
    if entry.teacher:
        check_one_clip(entry.name, config.streams())


def idle(configs: Sequence[Config]) -> list[str]:
    """A line for each setting that was given and changes nothing."""
    return list(
        dict.fromkeys(line for config in configs for line in (*_idle_flow(config), *_idle_own(config)))
    )


def _idle_flow(config: Config) -> list[str]:
    return [
        f"{name}.flow changes nothing: the {name} stream sees colours (--set {name}.modality=flow)"
        for name, stream in config.streams().items()
        if stream.modality != "flow" and stream.flow != FlowConfig()
    ]


def _idle_own(config: Config) -> list[str]:
    """Of the method's own settings, by what its class says of them (`only_with`)."""
    settings = method_settings(config)
    lines = []
    for key in non_default(config.method.name, config.method.settings):
        other, values = getattr(settings, "only_with", {}).get(key, ("", ()))
        if other and getattr(settings, other) not in values:
            needed = " or ".join(str(value).lower() if value is True else str(value) for value in values)
            lines.append(f"method.{key} changes nothing: it is for method.{other}={needed}")
    return lines
