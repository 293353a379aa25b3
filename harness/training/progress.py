"""What training tells while it goes on: means over the steps since it last told something."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Progress:
    """The mean of what the last steps gave, for the screen and the events."""

    step: int
    steps: int
    epoch: int
    lr: float
    losses: dict[str, float]
    accuracy: dict[str, float]
    stats: dict[str, float]
    videos_per_s: float
    data_wait_share: float
    eta_s: float


@dataclass
class Window:
    """Sums since the last report. counts: steps that gave a value; a term may come in some steps only."""

    step: int
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    videos: int = 0
    took: float = 0.0
    waited: float = 0.0

    def add(self, values: dict[str, float], videos: int, took: float, waited: float) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1
        self.videos += videos
        self.took += took
        self.waited += waited

    def close(self, step: int) -> tuple[dict[str, float], float, float]:
        """(means, videos per second, share of the time spent waiting for clips); starts anew."""
        means = {name: value / self.counts[name] for name, value in self.sums.items()}
        speed, wait = self.videos / max(self.took, 1e-9), self.waited / max(self.took, 1e-9)
        self.step, self.sums, self.counts = step, {}, {}
        self.videos, self.took, self.waited = 0, 0.0, 0.0
        return means, speed, wait
