"""Whether a claim holds: pure functions of measured values.

Values: equivalence within a margin. Orders: paired over seeds, at least five, Holm within a table. The
paper's number is itself one run, so a value's interval is that of (our mean − one run of the same spread).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, sqrt

from harness.student_t import mean, mean_half, standard_deviation, t_quantile
from results.statistics.tests import next_half

REPRODUCED, CONTRADICTED, INCONCLUSIVE = "reproduced", "contradicted", "inconclusive"
NOT_RUN, NOT_COMPARABLE = "not run", "not comparable"
VERDICTS = (REPRODUCED, CONTRADICTED, INCONCLUSIVE, NOT_RUN, NOT_COMPARABLE)
MARGIN = 0.5
MIN_SEEDS = 5
MOST_SEEDS = 1000
ALPHA = 0.05
# Counters differ in BatchNorm, activations and attention's own products: 0.7 to 4.2 % on these networks.
COST_TOLERANCE = 0.05


@dataclass(frozen=True)
class Verdict:
    """verdict: one of VERDICTS. why: a line. measured: what it rests on, or None; half: of its 95 % interval.

    n: seeds. seeds: how many would decide it, where it is inconclusive. p: of an order, before Holm.
    dataset: where it was tested. runs: ids. command: what would run it.
    """

    verdict: str
    why: str
    measured: float | None = None
    half: float | None = None
    n: int = 0
    seeds: int | None = None
    p: float | None = None
    dataset: str = ""
    runs: tuple[str, ...] = ()
    command: str = ""


def elsewhere(verdict: Verdict, dataset: str) -> str:
    """` as an order on localglobal`, where a claim about a data set was tested on another one."""
    other = verdict.dataset.partition(",")[0].partition(" ")[0]
    return f" as an order on {other}" if dataset and other and other != dataset else ""


def value_verdict(values: Sequence[float], low: float, high: float, margin: float = MARGIN) -> Verdict:
    """Was the claimed number, or one from low to high, measured? values: one per seed, in percent."""
    centre, half = mean(values), next_half(values)
    bottom, top = low - margin, high + margin
    summary = f"measured {centre:.2f}, claimed {_range(low, high)}, margin {margin:g}"
    result = Verdict("", "", centre, None if half == inf else half, len(values))
    if len(values) < 2:
        why = f"{summary}; there is no interval from one seed"
        return replace(result, verdict=INCONCLUSIVE, why=why, seeds=MIN_SEEDS)
    if bottom <= centre - half and centre + half <= top:
        return replace(result, verdict=REPRODUCED, why=f"{summary}: the interval ± {half:.2f} lies inside")
    if centre + half < bottom or centre - half > top:
        return replace(result, verdict=CONTRADICTED, why=f"{summary}: the interval ± {half:.2f} lies outside")
    spread = standard_deviation(values)
    room = (
        max(centre - top, bottom - centre)
        if not bottom <= centre <= top
        else min(top - centre, centre - bottom)
    )
    seeds = _enough(lambda n: t_quantile(n - 1) * spread * sqrt(1 + 1 / n) <= room)
    why = f"{summary}: the interval ± {half:.2f} crosses the margin"
    return replace(result, verdict=INCONCLUSIVE, why=why + _needs(seeds), seeds=seeds)


def order_verdict(
    differences: Sequence[float], p: float, sign: int, alpha: float = ALPHA, tests: int = 1
) -> Verdict:
    """Is the claimed order there? differences: left − right, one per seed; sign: +1 for left > right.

    p: adjusted by Holm within the table, of `tests` orders.
    """
    centre, half, n = mean(differences), mean_half(differences), len(differences)
    result = Verdict("", "", centre, None if half == inf else half, n, p=p)
    if n < MIN_SEEDS:
        why = f"difference {centre:+.2f} over {n} paired seed{'s' * (n > 1)}; an order needs {MIN_SEEDS}"
        return replace(result, verdict=INCONCLUSIVE, why=why, seeds=MIN_SEEDS)
    summary = f"difference {centre:+.2f} ± {half:.2f} over {n} paired seeds, p = {p:.3g} (Holm of {tests})"
    if p < alpha:
        return replace(result, verdict=REPRODUCED if centre * sign > 0 else CONTRADICTED, why=summary)
    seeds = _seeds_for_order(centre, standard_deviation(differences), alpha / tests)
    return replace(result, verdict=INCONCLUSIVE, why=summary + _needs(seeds), seeds=seeds)


def equal_verdict(differences: Sequence[float], margin: float = MARGIN) -> Verdict:
    """Are both sides about equal, within the margin? differences: paired over seeds, in points."""
    centre, half, n = mean(differences), mean_half(differences), len(differences)
    result = Verdict("", "", centre, None if half == inf else half, n)
    if n < MIN_SEEDS:
        why = f"difference {centre:+.2f} over {n} paired seed{'s' * (n > 1)}; {MIN_SEEDS} are needed"
        return replace(result, verdict=INCONCLUSIVE, why=why, seeds=MIN_SEEDS)
    summary = f"difference {centre:+.2f} ± {half:.2f} over {n} paired seeds, margin {margin:g}"
    if abs(centre) + half <= margin:
        return replace(result, verdict=REPRODUCED, why=summary)
    if abs(centre) - half > margin:
        return replace(result, verdict=CONTRADICTED, why=summary)
    room, spread = abs(margin - abs(centre)), standard_deviation(differences)
    seeds = _enough(lambda n: t_quantile(n - 1) * spread / sqrt(n) <= room)
    return replace(result, verdict=INCONCLUSIVE, why=summary + _needs(seeds), seeds=seeds)


def cost_verdict(counted: float, relation: str, claimed: float, tolerance: float = COST_TOLERANCE) -> Verdict:
    """A counted cost against a claimed one. tolerance: relative, for what counters count differently."""
    summary = f"counted {counted:.4g}, claimed {'' if relation == '=' else relation + ' '}{claimed:.4g}"
    if relation == "=":
        off = counted / claimed - 1
        summary += f" ({off:+.1%}, tolerance {tolerance:.0%})"
        holds = abs(off) <= tolerance
    else:
        holds = counted < claimed if relation == "<" else counted > claimed
    return Verdict(REPRODUCED if holds else CONTRADICTED, summary, counted)


def all_of(verdicts: Sequence[Verdict]) -> Verdict:
    """A claim over several comparisons: every one must hold, and one that does not ends it."""
    for kind in (CONTRADICTED, INCONCLUSIVE, NOT_COMPARABLE, NOT_RUN):
        found = [verdict for verdict in verdicts if verdict.verdict == kind]
        if found:
            count = f"{len(found)} of {len(verdicts)} comparisons: "
            return replace(found[0], why=count * (len(verdicts) > 1) + found[0].why)
    every = f"all of {len(verdicts)} comparisons; the first: " * (len(verdicts) > 1)
    return replace(verdicts[0], why=every + verdicts[0].why)


def _seeds_for_order(centre: float, spread: float, alpha: float) -> int | None:
    """The fewest seeds at which a difference of the size seen would be significant."""
    if centre == 0:
        return None
    return _enough(lambda n: t_quantile(n - 1, 1 - alpha) * spread / sqrt(n) < abs(centre))


def _enough(decides: Callable[[int], bool]) -> int | None:
    """The fewest seeds from MIN_SEEDS on that decide, by bisection; None if not even MOST_SEEDS do."""
    if not decides(MOST_SEEDS):
        return None
    low, high = MIN_SEEDS - 1, MOST_SEEDS
    while high - low > 1:
        middle = ceil((low + high) / 2)
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high


def _needs(seeds: int | None) -> str:
    if seeds is None:
        return f"; at this standard deviation not even {MOST_SEEDS} seeds would decide it"
    return f"; about {seeds} seeds would decide it"


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
