"""All trackers of a run: each is given the run's numbers, and none of them can end the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backbones.base.errors import error_line
from harness.files import read_json, write_json
from harness.training.trackers.catalogue import TRACKERS
from harness.training.trackers.contract import About, Tracker

if TYPE_CHECKING:
    from harness.record.schema import Record
    from harness.training.progress import Progress

STATE = "trackers.json"


@dataclass
class _Open:
    """A tracker that was started. last: the step of which it was told last, in any session."""

    tracker: Tracker
    id: str
    last: int


@dataclass
class Trackers:
    """names: of the run's trackers. say: is given a line where one of them fails.

    `trackers.json` beside the checkpoint keeps what each tracker calls the run and how far it was told: a run
    that is resumed goes on with the same one, and does not tell it a step twice.
    """

    names: Sequence[str]
    about: About
    say: Callable[[str], None]
    _open: dict[str, _Open] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)

    def training(self, progress: Progress) -> None:
        numbers = {"train/lr": progress.lr, "train/videos_per_s": progress.videos_per_s}
        numbers |= {f"loss/{name}": value for name, value in progress.losses.items()}
        numbers |= {f"accuracy/{name}": value for name, value in progress.accuracy.items()}
        statistics = progress.stats | progress.numbers
        numbers |= {f"statistic/{name}": value for name, value in statistics.items()}
        self._log(numbers, progress.step)

    def results(self, record: Record, steps: int) -> None:
        """Video accuracies in percent, at the last step of the training."""
        metrics = record.metrics
        numbers = {f"test/{name}": scores.top1.percent for name, scores in metrics.fusion.items()}
        numbers |= {"test/local": metrics.local.top1.percent, "test/global": metrics.glob.top1.percent}
        self._log(numbers, steps, result=True)

    def close(self) -> None:
        """What was told is in the trackers' stores afterwards."""
        for name in list(self._open):
            self._guarded(name, self._open[name].tracker.finish)
        self._open.clear()

    def _log(self, numbers: Mapping[str, float], step: int, result: bool = False) -> None:
        for name in self.names:
            if name not in self._failed:
                self._guarded(name, lambda name=name: self._tell(name, numbers, step, result))  # type: ignore[misc]

    def _tell(self, name: str, numbers: Mapping[str, float], step: int, result: bool) -> None:
        if name not in self._open:
            self._open[name] = self._start(name, None if result else step)
        opened = self._open[name]
        if step <= opened.last and not result and not TRACKERS[name].repeats:
            return
        opened.tracker.log(numbers, step)
        opened.last = max(opened.last, step)
        self._keep()

    def _start(self, name: str, since: int | None) -> _Open:
        kept = _kept(self.about).get(name, {})
        known, last = kept.get("id"), kept.get("step")
        tracker = TRACKERS[name].make()
        id_ = tracker.start(self.about, known if isinstance(known, str) else None, since)
        return _Open(tracker, id_, last if isinstance(last, int) else 0)

    def _keep(self) -> None:
        state = _kept(self.about) | {name: {"id": o.id, "step": o.last} for name, o in self._open.items()}
        write_json(self.about.folder / STATE, state, new_folder=False)

    def _guarded(self, name: str, call: Callable[[], None]) -> None:
        """A tracker is a convenience: what it raises is a warning, once."""
        try:
            call()
        except Exception as error:
            self._failed.add(name)
            self._open.pop(name, None)
            self.say(f"warning: tracker {name} failed and is told nothing more ({error_line(error)})")


def _kept(about: About) -> dict[str, dict[str, object]]:
    """What earlier sessions kept; nothing where that cannot be read."""
    try:
        tree = read_json(about.folder / STATE)
    except (OSError, ValueError):
        return {}
    good = isinstance(tree, dict) and all(isinstance(each, dict) for each in tree.values())
    return tree if good else {}
