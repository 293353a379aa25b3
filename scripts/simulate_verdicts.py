"""How often verdicts err: simulated runs with known true gaps, judged by `results.verdict`.

    python scripts/simulate_verdicts.py            # rewrites results/measured/verdict-errors.csv

A seed's accuracy is normal about its method's true one. Values: the paper's number is one such run, ours are
n others, whose true accuracy is `gap` points away. Orders: two methods `gap` points apart, paired by seed; a
family of 7 such orders is corrected by Holm, as the rules of Figure 6 are.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from results.statistics.tests import holm, p_of_zero_mean
from results.verdict import CONTRADICTED, INCONCLUSIVE, REPRODUCED, order_verdict, value_verdict

GAPS = (0.0, 0.5, 1.0, 2.0)
DEVIATIONS = (0.3, 0.5, 0.8)
SEEDS = (5, 10)
FAMILY = 7
TRIALS = 1000
PATH = Path(__file__).parents[1] / "results" / "measured" / "verdict-errors.csv"
COLUMNS = ("kind", "gap", "deviation", "seeds", REPRODUCED, CONTRADICTED, INCONCLUSIVE, "wrong", "trials")

Draw = np.random.Generator


def value(rng: Draw, gap: float, deviation: float, seeds: int) -> str:
    """The claimed number is 80 at best; margin 0.5."""
    claimed = float(rng.normal(80, deviation))
    return value_verdict(rng.normal(80 + gap, deviation, seeds).tolist(), claimed, claimed).verdict


def order(rng: Draw, gap: float, deviation: float, seeds: int) -> str:
    """Claimed: left > right; true: left is `gap` above right."""
    differences = (rng.normal(gap, deviation, seeds) - rng.normal(0, deviation, seeds)).tolist()
    return order_verdict(differences, p_of_zero_mean(differences), 1).verdict


def best_of_family(rng: Draw, gap: float, deviation: float, seeds: int) -> str:
    """Claimed: one method is above each of 7 others; true: it is `gap` above all of them."""
    best = rng.normal(gap, deviation, seeds)
    rivals = [(best - rng.normal(0, deviation, seeds)).tolist() for _ in range(FAMILY)]
    adjusted = holm([p_of_zero_mean(rival) for rival in rivals])
    found = [order_verdict(r, p, 1, tests=FAMILY).verdict for r, p in zip(rivals, adjusted, strict=True)]
    return next((kind for kind in (CONTRADICTED, INCONCLUSIVE) if kind in found), REPRODUCED)


KINDS: dict[str, Callable[[Draw, float, float, int], str]] = {
    "value": value,
    "order": order,
    "order, all of 7": best_of_family,
}


def wrong(kind: str, gap: float) -> tuple[str, ...]:
    """The verdicts that are errors. A value exactly at its margin (0.5) is neither inside nor outside."""
    if kind == "value":
        return (CONTRADICTED,) if gap < 0.5 else (REPRODUCED,) if gap > 0.5 else ()
    return (REPRODUCED, CONTRADICTED) if gap == 0 else (CONTRADICTED,)


def row(
    kind: str, gap: float, deviation: float, seeds: int, trials: int, start: int = 0
) -> dict[str, object]:
    """Shares in percent over `trials` simulations, with random numbers of its own."""
    rng = np.random.default_rng(
        [start, list(KINDS).index(kind), *(round(10 * x) for x in (gap, deviation, seeds))]
    )
    counts = Counter(KINDS[kind](rng, gap, deviation, seeds) for _ in range(trials))
    shares = {
        name: round(100 * counts[name] / trials, 1) for name in (REPRODUCED, CONTRADICTED, INCONCLUSIVE)
    }
    errors = wrong(kind, gap)
    erring = round(sum(shares[name] for name in errors), 1) if errors else ""
    settings = {"kind": kind, "gap": gap, "deviation": deviation, "seeds": seeds}
    return {**settings, **shares, "wrong": erring, "trials": trials}


def table(trials: int) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for kind in KINDS:
        for gap in GAPS:
            for deviation in DEVIATIONS:
                writer.writerows(row(kind, gap, deviation, seeds, trials) for seeds in SEEDS)
    return stream.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--out", type=Path, default=PATH)
    chosen = parser.parse_args()
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(table(chosen.trials), encoding="utf-8")
    print(f"written: {chosen.out}")


if __name__ == "__main__":
    main()
