"""How often verdicts are wrong: simulated studies with known truth, judged as real ones are.

    python scripts/simulate_verdicts.py            # rewrites results/measured/verdict-errors.csv

A table of 10 orders, the differences of each normal between pre-trainings and within them, by the spreads
that records have: 2.1 and 1.3 points in the median order of the study mbd; 0.3 and 0.7 without *conflict* and
3.2 and 0.7 with it over the first five pairs that were ever made; 3.8 and 3.8 from scratch. One joint seed in
all pairs, a second one in a quarter of them. `any wrong`: studies in % in which any of the 10 words is wrong,
the sign included; `decided`: orders in % that got another word than "undecided". Numbers: the paper's is one
further run of a law that many points away; wrong is "contradicted" where the law is the same. Grids: two
orders, each of which claims one cell to be above 24 others, all of them equal.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from results.statistics import numbers, orders
from results.statistics.nested import Nested

PATH = Path(__file__).parents[1] / "results" / "measured" / "verdict-errors.csv"
COLUMNS = ("kind", "truth", "between", "within", "pairs", "any wrong", "decided", "trials")
SPREADS = ((0.3, 0.7), (2.1, 1.3), (3.2, 0.7), (3.8, 3.8))  # points between pairs and within one
PAIRS = (3, 8, 24)
MARGIN, ORDERS, TRIALS = 1.0, 10, 500
# True differences of a table's orders in turn; margin 1.
TRUTHS = {
    "all equal": (0.0,),
    "all at the margin": (1.0,),
    "mixed": (0.0, 0.4, 1.0, -1.0, 3.0),
    "small ones": (0.4, 0.4, 0.4, 0.4, 0.0),
}
GAPS = (0.0, 1.0, 2.0)
GRID, CELLS = "24 equal cells", 24  # as the weights of the losses: one cell of 25 is claimed to be best
VIDEOS = 416

Draw = np.random.Generator


def values(rng: Draw, true: float, between: float, within: float, pairs: int) -> Nested:
    """Rounded to the videos that a share is of."""
    step = 100 / VIDEOS
    centres = true + rng.normal(0, between, pairs)
    drawn = [[rng.normal(c, within) for _ in range(1 + (n % 4 == 0))] for n, c in enumerate(centres)]
    return Nested.of([[round(v / step) * step for v in pair] for pair in drawn], step)


def is_wrong(word: str, true: float) -> bool:
    """A claimed order (left above right) whose true difference is known."""
    return (
        (word in (orders.HOLDS, orders.HOLDS_SMALL) and true <= 0)
        or (word == orders.DOES_NOT_HOLD and true >= 0)
        or (word in (orders.NO_DIFFERENCE, orders.HOLDS_SMALL) and abs(true) >= MARGIN)
    )


def table(
    name: str, spread: tuple[float, float], pairs: int, trials: int, start: int = 0
) -> dict[str, object]:
    """Percent of studies with any wrong word, and of orders that were decided."""
    rng = np.random.default_rng([start, list(TRUTHS).index(name), pairs, *(round(10 * s) for s in spread)])
    true = np.resize(TRUTHS[name], ORDERS)
    wrong = decided = 0
    for _ in range(trials):
        claims = [[orders.Order(values(rng, t, *spread, pairs), 1, MARGIN)] for t in true]
        words = [decision.word for decision in orders.decide(claims)]
        wrong += any(is_wrong(word, t) for word, t in zip(words, true, strict=True))
        decided += sum(word != orders.UNDECIDED for word in words)
    return _row("orders", name, spread, pairs, wrong, decided / ORDERS, trials)


def grid(spread: tuple[float, float], pairs: int, trials: int, start: int = 0) -> dict[str, object]:
    """Two orders over many cells, among them a few whose differences are equal in all pairs by chance."""
    rng = np.random.default_rng([start, 8, pairs, *(round(10 * s) for s in spread)])
    wrong = decided = 0
    for _ in range(trials):
        cells = ([values(rng, 0.0, *spread, pairs) for _ in range(CELLS)] for _ in range(2))
        claims = [[orders.Order(each, 1, MARGIN) for each in claim] for claim in cells]
        words = [decision.word for decision in orders.decide(claims)]
        wrong += any(is_wrong(word, 0.0) for word in words)
        decided += sum(word != orders.UNDECIDED for word in words)
    return _row("orders", GRID, spread, pairs, wrong, decided / 2, trials)


def number(
    gap: float, spread: tuple[float, float], pairs: int, trials: int, start: int = 0
) -> dict[str, object]:
    """Whether the paper's run came of the same law is the question, not whether its number did."""
    rng = np.random.default_rng([start, 9, round(10 * gap), pairs, *(round(10 * s) for s in spread)])
    wrong = decided = 0
    for _ in range(trials):
        stated = 80 + gap + rng.normal(0, spread[0]) + rng.normal(0, spread[1])
        word = numbers.compare(values(rng, 80.0, *spread, pairs), stated).word
        wrong += gap == 0 and word == numbers.CONTRADICTED
        decided += word != numbers.UNDECIDED
    return _row("number", f"{gap:g} away", spread, pairs, wrong, decided, trials)


def _row(
    kind: str, truth: str, spread: tuple[float, float], pairs: int, wrong: int, decided: float, trials: int
) -> dict[str, object]:
    shares = {"any wrong": round(100 * wrong / trials, 1), "decided": round(100 * decided / trials, 1)}
    facts = {"kind": kind, "truth": truth, "between": spread[0], "within": spread[1], "pairs": pairs}
    return {**facts, **shares, "trials": trials}


def rows(trials: int) -> Iterator[dict[str, object]]:
    for spread in SPREADS:
        for pairs in PAIRS:
            yield from (table(name, spread, pairs, trials) for name in TRUTHS)
            yield grid(spread, pairs, trials)
            yield from (number(gap, spread, pairs, trials) for gap in GAPS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=TRIALS)
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
