"""Whether a stream learns at all: a first loss far above a guess's, and a hundred steps at chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import log, sqrt

from backbones.building import find
from harness.config.schema import Config, StreamConfig
from harness.training.progress import Progress

FAR = 2.0  # nats: a right class with less than a seventh of a guess's probability
STEPS = 100
NEAR_A_GUESS = 0.97  # of ln K: no more of the loss is gone


@dataclass
class LearningWatch:
    """Warns once a stream of each. classes: K; a guess's cross-entropy is ln K, its accuracy 1 / K.

    batch_size: videos a step. reasons: of each stream, the likely reason for a first loss that is too high,
    and for learning nothing. say: is told a line.
    """

    classes: int
    batch_size: int
    reasons: Mapping[str, tuple[str, str]]
    say: Callable[[str], None]
    _begun: int | None = None
    _window: list[Progress] = field(default_factory=list)
    _silent: set[str] = field(default_factory=set)

    def see(self, progress: Progress) -> None:
        """The means of the steps since the last one that was seen."""
        if self._begun is None:
            self._begun = progress.step
            self._first(progress)
            return
        self._window.append(progress)
        if progress.step - self._begun >= STEPS:
            self._whole_window()
            self._begun, self._window = progress.step, []

    def _first(self, progress: Progress) -> None:
        """Of the run's first steps; a run that goes on has left them behind."""
        guess = log(self.classes)
        for name, loss in _own_losses(progress).items():
            if progress.epoch == 1 and progress.step <= STEPS // 10 and loss > guess + FAR:
                self.say(
                    f"warning: the {name} stream begins with a loss of {loss:.1f}, far above the "
                    f"{guess:.1f} of a guess among {self.classes} classes: {self.reasons[name][0]}"
                )

    def _whole_window(self) -> None:
        """After a hundred steps."""
        videos = STEPS * self.batch_size
        chance = 1 / self.classes
        most = chance + 2 * sqrt(chance * (1 - chance) / videos)
        for name in _own_losses(self._window[0]):
            losses = [_own_losses(each)[name] for each in self._window]
            hits = [each.accuracy[name] for each in self._window if name in each.accuracy]
            accuracy, loss = _mean(hits), _mean(losses)
            if name not in self._silent and accuracy <= most and loss > NEAR_A_GUESS * log(self.classes):
                self._silent.add(name)
                self.say(
                    f"warning: the {name} stream has learned nothing in {STEPS} steps up to step "
                    f"{self._window[-1].step} ({accuracy:.1%} right, chance is {chance:.1%}): "
                    f"{self.reasons[name][1]}"
                )


def reasons(config: Config) -> dict[str, tuple[str, str]]:
    """Of each stream, the likely reason for a first loss that is too high, and for learning nothing."""
    return {
        name: (_too_high(stream, name), _nothing(config, name)) for name, stream in config.streams().items()
    }


def _too_high(stream: StreamConfig, name: str) -> str:
    usual = find(stream.backbone).input
    if 2 * stream.crop <= usual.crop:
        return f"its clips are {stream.crop} pixels wide, and {stream.backbone} was made for {usual.crop}"
    if stream.weights:
        return f"its new classifier's first answers are too sure (smaller rates: {name}.head_lr_factor)"
    return f"what its network begins with is too large (smaller rates: {name}.lr_factor, train.warmup_steps)"


def _nothing(config: Config, name: str) -> str:
    stream = config.streams()[name]
    rate = config.train.lr * stream.lr_factor
    tried = f"its rate is {rate:.2g} (train.lr times {name}.lr_factor)"
    if stream.weights is None and stream.width == 1:
        return f"it starts from random weights at full width (--weights-{name} gives trained ones); {tried}"
    if stream.frozen_layers:
        return f"{stream.frozen_layers} of its layers are frozen ({name}.frozen_layers); {tried}"
    return tried


def _own_losses(progress: Progress) -> dict[str, float]:
    """{stream: its cross-entropy with the labels}."""
    pairs = (name.split("/", 1) for name in progress.losses)
    return {stream: progress.losses[f"{stream}/{term}"] for stream, term in pairs if term == "ce"}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 1.0
