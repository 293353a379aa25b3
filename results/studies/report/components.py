"""Where the variance of a study's values comes from: pre-training, arm x pre-training, joint seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from results.studies.measure import Matrix, Output


@dataclass(frozen=True)
class Deviations:
    """Standard deviations in points. pairs: of what all arms of a pre-trained pair have in common, which
    paired differences are free of. arms: of what a pair does to one arm and not to others, which they are
    not; with the seeds' where no pair has two. seeds: between joint seeds of one pair and arm, None where
    none has two.
    """

    pairs: float
    arms: float
    seeds: float | None


def deviations(matrix: Matrix, arms: Sequence[str], metric: str) -> Deviations | None:
    """By two-way analysis of variance over the first joint seed; None under two arms or two pairs.

    Negative estimates are 0.
    """
    values = [matrix.values(Output(arm, metric)) for arm in arms]
    values = [each for each in values if each]
    rows = _first_seeds(values)
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    within = _within(values)
    shared, rest = _mean_squares(rows)
    own = rest - (within or 0.0)
    return Deviations(
        sqrt(max(0.0, (shared - rest) / len(rows))),
        sqrt(max(0.0, own)),
        None if within is None else sqrt(within),
    )


def _first_seeds(values: Sequence[dict[tuple[int, int], float]]) -> list[list[float]]:
    """Of each arm the value of each pair's first joint seed, of the pairs that all arms have."""
    first: list[dict[int, float]] = []
    for cells in values:
        found: dict[int, float] = {}
        for (pair, _), value in sorted(cells.items()):
            found.setdefault(pair, value)
        first.append(found)
    common = sorted(set.intersection(*(set(each) for each in first))) if first else []
    return [[each[pair] for pair in common] for each in first]


def _mean_squares(rows: Sequence[Sequence[float]]) -> tuple[float, float]:
    """(between pairs, of the residual) of arms x pairs with one value each."""
    arms, pairs = len(rows), len(rows[0])
    total = fsum(map(fsum, rows)) / (arms * pairs)
    of_arms = [fsum(row) / pairs for row in rows]
    of_pairs = [fsum(row[p] for row in rows) / arms for p in range(pairs)]
    between = arms * fsum((mean - total) ** 2 for mean in of_pairs) / (pairs - 1)
    left = fsum(
        (rows[a][p] - of_arms[a] - of_pairs[p] + total) ** 2 for a in range(arms) for p in range(pairs)
    )
    return between, left / ((arms - 1) * (pairs - 1))


def _within(values: Sequence[dict[tuple[int, int], float]]) -> float | None:
    """Pooled over arms and pairs."""
    squares, df = 0.0, 0
    for cells in values:
        for pair in {pair for pair, _ in cells}:
            seeds = [value for (own, _), value in cells.items() if own == pair]
            centre = fsum(seeds) / len(seeds)
            squares += fsum((value - centre) ** 2 for value in seeds)
            df += len(seeds) - 1
    return squares / df if df else None
