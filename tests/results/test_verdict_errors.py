"""The committed table of verdicts' error rates: a corner computed again; power by SciPy's noncentral t."""

import csv
import importlib.util
from math import isnan, sqrt

import pytest
from scipy import stats
from support.places import ROOT

spec = importlib.util.spec_from_file_location("simulate_verdicts", ROOT / "scripts" / "simulate_verdicts.py")
simulation = importlib.util.module_from_spec(spec)
spec.loader.exec_module(simulation)

with (ROOT / "results" / "measured" / "verdict-errors.csv").open(encoding="utf-8") as lines:
    ROWS = list(csv.DictReader(lines))


def chosen(kind, **settings):
    found = [line for line in ROWS if line["kind"] == kind]
    return [line for line in found if all(float(line[name]) == value for name, value in settings.items())]


def error(share, trials, other):
    """Four standard errors of the difference of two shares in percent."""
    p = min(max(share / 100, 0.01), 0.99)
    return 400 * sqrt(p * (1 - p) * (1 / trials + 1 / other))


def test_the_table_is_whole():
    grid = len(simulation.GAPS) * len(simulation.DEVIATIONS) * len(simulation.SEEDS)
    assert len(ROWS) == grid * len(simulation.KINDS)
    for line in ROWS:
        shares = [float(line[name]) for name in ("reproduced", "contradicted", "inconclusive")]
        assert sum(shares) == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize("kind", simulation.KINDS)
@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_a_corner_computed_again_with_other_random_numbers(kind, gap):
    (line,) = chosen(kind, gap=gap, deviation=0.5, seeds=5)
    again = simulation.row(kind, gap, 0.5, 5, trials=100, start=1)
    for name in ("reproduced", "contradicted", "inconclusive"):
        share = float(line[name])
        assert again[name] == pytest.approx(share, abs=error(share, 100, int(line["trials"])))


@pytest.mark.parametrize(
    "line", chosen("order"), ids=lambda line: f"{line['gap']}-{line['deviation']}-{line['seeds']}"
)
def test_an_orders_power_is_that_of_the_t_test(line):
    """Noncentral t: the differences' deviation is √2 of a seed's."""
    n, trials = int(line["seeds"]), int(line["trials"])
    shift = float(line["gap"]) * sqrt(n) / (float(line["deviation"]) * sqrt(2))
    edge = stats.t.ppf(0.975, n - 1)
    right, left = stats.nct.sf(edge, n - 1, shift), stats.nct.cdf(-edge, n - 1, shift)
    left = 0.0 if isnan(left) else left  # SciPy gives no number where it is below 1e-12
    for name, share in (("reproduced", 100 * right), ("contradicted", 100 * left)):
        assert float(line[name]) == pytest.approx(share, abs=error(share, trials, 10**9))


def test_no_error_is_more_frequent_than_it_may_be():
    """5 % for an order, a family of orders and a value; four standard errors are allowed."""
    for line in ROWS:
        if line["wrong"]:
            assert float(line["wrong"]) <= 5 + error(5, int(line["trials"]), 10**9)
