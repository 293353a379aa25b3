"""What training tells while it goes on: means over the steps since the last report."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """The means of the last steps, as they are shown and logged; eta_s: seconds left. stats: those of the
    method's statistics that are shares, numbers: the others."""

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
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Means:
    """Of the steps of a window. values: "loss:…", "accuracy:…" and "stat:…" by name."""

    values: dict[str, float]
    videos_per_s: float
    data_wait_share: float

    def of(self, prefix: str) -> dict[str, float]:
        """The values under names that begin with `prefix`, without it."""
        return {
            name.removeprefix(prefix): value for name, value in self.values.items() if name.startswith(prefix)
        }


@dataclass
class Window:
    """Sums since the last report. counts: steps that gave a value; a term may come in some steps only."""

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

    def close(self) -> Means:
        """The means; the sums start anew."""
        values = {name: value / self.counts[name] for name, value in self.sums.items()}
        took = max(self.took, 1e-9)
        means = Means(values, self.videos / took, self.waited / took)
        self.sums, self.counts = {}, {}
        self.videos, self.took, self.waited = 0, 0.0, 0.0
        return means
