"""The committed tables of error rates and coverages: their bounds, and corners computed again."""

import csv
import importlib.util
from math import sqrt

import pytest
from support.places import ROOT

MEASURED = ROOT / "results" / "measured"


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name):
    with (MEASURED / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


simulation, coverage = script("simulate_verdicts"), script("coverage_of_intervals")
ERRORS, COVERED = read("verdict-errors.csv"), read("interval-coverage.csv")


def error(share, trials, times=3):
    return times * sqrt(share * (100 - share) / trials)


def test_the_tables_are_whole():
    spreads = len(simulation.SPREADS) * len(simulation.PAIRS)
    assert len(ERRORS) == spreads * (len(simulation.TRUTHS) + 1 + len(simulation.GAPS))
    pairs = 2 * len(coverage.PAIRS) * len(coverage.SPREADS)
    assert len(COVERED) == pairs + len(coverage.GROUPS) * len(coverage.ACCURACIES)


def test_a_table_of_orders_or_a_number_errs_in_five_of_a_hundred_studies_at_most():
    for row in ERRORS:
        assert float(row["any wrong"]) <= 5 + error(5, int(row["trials"]))


@pytest.mark.parametrize("name", simulation.TRUTHS)
def test_orders_simulated_again_with_other_random_numbers(name):
    again = simulation.table(name, (0.3, 0.7), 24, trials=40, start=1)
    (row,) = (r for r in ERRORS if (r["truth"], r["between"], r["pairs"]) == (name, "0.3", "24"))
    assert again["any wrong"] == pytest.approx(float(row["any wrong"]), abs=error(5, 40, 4))
    assert again["decided"] == pytest.approx(float(row["decided"]), abs=error(50, 400, 4))


def test_a_grid_of_cells_over_three_pairs_simulated_again():
    """Where one cell's differences are equal in all three, its interval is that of steps of one video."""
    again = simulation.grid((3.2, 0.7), 3, trials=60, start=1)
    (row,) = (r for r in ERRORS if (r["truth"], r["between"], r["pairs"]) == (simulation.GRID, "3.2", "3"))
    assert again["any wrong"] == pytest.approx(float(row["any wrong"]), abs=error(5, 60, 4))


def test_intervals_over_pre_trainings_and_given_streams_cover_93_percent_everywhere():
    for row in COVERED:
        if row["between"]:
            assert float(row["coverage"]) >= 93


def test_intervals_over_videos_cover_by_their_number_of_groups():
    for row in COVERED:
        if row["accuracy"]:
            groups, noise = int(row["units"]), error(95, int(row["trials"]), 1)
            least, most = (88, 100) if groups < 10 else (92, 98) if groups < 26 else (93, 97)
            assert least - noise <= float(row["coverage"]) <= most + noise


def test_a_corner_of_groups_again():
    assert 88 <= coverage.of_groups(9, 13, 0.9, trials=150)["coverage"] <= 100
