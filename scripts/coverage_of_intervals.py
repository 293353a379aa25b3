"""How often 95 % intervals cover the truth: over pre-trainings, over joint seeds, over videos in groups.

    python scripts/coverage_of_intervals.py        # rewrites results/measured/interval-coverage.csv

Pre-trainings: studies of P pairs with known spreads between and within, the spreads that records have
included. Videos: accuracies of groups are drawn about the true one (a beta law with intra-group correlation
0.1), then their videos.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from harness.record.shares import share
from results.statistics.nested import Nested

PATH = Path(__file__).parents[1] / "results" / "measured" / "interval-coverage.csv"
COLUMNS = ("interval", "units", "between", "within", "accuracy", "coverage", "trials")
SPREADS = ((0.3, 0.7), (3.2, 0.7), (3.8, 3.8))  # points, between and within: without, with conflict, scratch
PAIRS = (5, 8, 12, 24)
GROUPS = ((6, 20), (9, 13), (12, 12), (26, 8), (40, 10), (100, 4))  # groups, videos of each
ACCURACIES = (0.6, 0.8, 0.9, 0.95, 0.98)
CORRELATION = 0.1
VIDEOS = 320  # whose number rounds a pair's value


def of_pairs(pairs: int, between: float, within: float, trials: int) -> Iterator[dict[str, object]]:
    """The mean over all pre-trainings is 0; half of the pairs have a second joint seed."""
    rng = np.random.default_rng([pairs, round(10 * between), round(10 * within)])
    over = these = 0
    for _ in range(trials):
        true = rng.normal(0, between, pairs)
        step = 100 / VIDEOS
        drawn = [[rng.normal(t, within) for _ in range(1 + (n % 2))] for n, t in enumerate(true)]
        nested = Nested.of([[round(v / step) * step for v in pair] for pair in drawn], step)
        over += abs(nested.mean) <= nested.over_pretrainings().half
        these += abs(nested.mean - true.mean()) <= nested.for_these_streams().half
    facts = {"units": pairs, "between": between, "within": within, "accuracy": "", "trials": trials}
    yield {"interval": "over pre-trainings", "coverage": _percent(over, trials), **facts}
    yield {"interval": "for these pre-trained streams", "coverage": _percent(these, trials), **facts}


def of_groups(groups: int, videos: int, accuracy: float, trials: int) -> dict[str, object]:
    rng = np.random.default_rng([groups, videos, round(1000 * accuracy)])
    total = 1 / CORRELATION - 1
    names = [str(n) for n in range(groups) for _ in range(videos)]
    covered = 0
    for _ in range(trials):
        rates = rng.beta(accuracy * total, (1 - accuracy) * total, groups)
        found = share(rng.random(groups * videos) < np.repeat(rates, videos), names)
        covered += found.low <= 100 * accuracy <= found.high
    facts = {"units": groups, "between": "", "within": "", "accuracy": 100 * accuracy, "trials": trials}
    return {"interval": f"videos, {videos} in a group", "coverage": _percent(covered, trials), **facts}


def _percent(count: int, trials: int) -> float:
    return round(100 * count / trials, 1)


def rows(trials: int) -> Iterator[dict[str, object]]:
    for pairs in PAIRS:
        for between, within in SPREADS:
            yield from of_pairs(pairs, between, within, trials)
    for groups, videos in GROUPS:
        for accuracy in ACCURACIES:
            yield of_groups(groups, videos, accuracy, trials)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=PATH)
    chosen = parser.parse_args()
    found = list(rows(chosen.trials))
    with chosen.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    print(f"written: {chosen.out}")


if __name__ == "__main__":
    main()
