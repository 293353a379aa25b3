"""Verdicts on made-up values whose truth is known."""

from math import sqrt

import pytest

from harness.student_t import t_quantile
from results import verdict as v
from results.verdict import all_of, cost_verdict, equal_verdict, order_verdict, value_verdict


def spread(centre, size, n=5):
    """n values with exactly this mean and standard deviation."""
    ladder = [i - (n - 1) / 2 for i in range(n)]
    scale = sqrt(sum(step**2 for step in ladder) / (n - 1))
    return [centre + size * step / scale for step in ladder]


HALF = t_quantile(4) * 0.1 * sqrt(1 + 1 / 5)  # 0.304: five seeds of deviation 0.1 against one run


@pytest.mark.parametrize(
    ("centre", "expected"),
    [
        (80.0, v.REPRODUCED),
        (80.5 - HALF - 0.01, v.REPRODUCED),
        (80.5 - HALF + 0.01, v.INCONCLUSIVE),
        (80.5 + HALF - 0.01, v.INCONCLUSIVE),
        (80.5 + HALF + 0.01, v.CONTRADICTED),
        (79.5 - HALF - 0.01, v.CONTRADICTED),
        (79.5 + HALF + 0.01, v.REPRODUCED),
    ],
)
def test_values_at_the_edges(centre, expected):
    result = value_verdict(spread(centre, 0.1), 80.0, 80.0)
    assert result.verdict == expected
    assert result.half == pytest.approx(HALF)
    assert result.n == 5


def test_a_range_has_its_margin_at_both_ends():
    assert value_verdict(spread(82.7, 0.05), 82.46, 82.91).verdict == v.REPRODUCED
    assert value_verdict(spread(84.0, 0.05), 82.46, 82.91).verdict == v.CONTRADICTED


def test_the_seeds_that_an_undecided_value_needs():
    result = value_verdict(spread(80.2, 0.12), 80.0, 80.0)
    assert result.verdict == v.INCONCLUSIVE
    assert result.seeds is not None

    def half(n):
        return t_quantile(n - 1) * 0.12 * sqrt(1 + 1 / n)

    assert half(result.seeds) <= 0.3 < half(result.seeds - 1)


def test_no_number_of_seeds_helps_where_one_run_varies_more_than_the_margin():
    result = value_verdict(spread(80.0, 0.8), 80.0, 80.0)
    assert (result.verdict, result.seeds) == (v.INCONCLUSIVE, None)


def test_one_seed_decides_nothing():
    assert value_verdict([99.0], 80.0, 80.0).verdict == v.INCONCLUSIVE
    assert order_verdict([5.0], 0.0, 1).seeds == 5
    assert equal_verdict([0.0] * 4).verdict == v.INCONCLUSIVE


@pytest.mark.parametrize(
    ("p", "sign", "expected"),
    [(0.01, 1, v.REPRODUCED), (0.01, -1, v.CONTRADICTED), (0.06, 1, v.INCONCLUSIVE)],
)
def test_orders(p, sign, expected):
    assert order_verdict(spread(1.0, 0.8), p, sign).verdict == expected


def test_the_seeds_that_an_order_needs():
    result = order_verdict(spread(0.5, 1.0), 0.3, 1)
    assert result.seeds is not None
    need = [n for n in range(5, 200) if t_quantile(n - 1) / sqrt(n) < 0.5]
    assert result.seeds == need[0]
    assert order_verdict([0.0] * 5, 1.0, 1).seeds is None


def test_about_equal():
    assert equal_verdict(spread(0.1, 0.1)).verdict == v.REPRODUCED
    assert equal_verdict(spread(1.1, 0.1)).verdict == v.CONTRADICTED
    assert equal_verdict(spread(0.5, 0.1)).verdict == v.INCONCLUSIVE


def test_costs():
    assert cost_verdict(10.524, "=", 10.6).verdict == v.REPRODUCED
    assert cost_verdict(282.0, "=", 6.1).verdict == v.CONTRADICTED
    assert cost_verdict(292.0, "<", 216.0).verdict == v.CONTRADICTED
    assert cost_verdict(292.0, "<", 304.0).verdict == v.REPRODUCED


def test_one_comparison_that_fails_ends_a_claim_over_all():
    good, bad = v.Verdict(v.REPRODUCED, "a"), v.Verdict(v.CONTRADICTED, "b")
    open_ = v.Verdict(v.INCONCLUSIVE, "c")
    assert all_of([good, good]).verdict == v.REPRODUCED
    assert all_of([good, open_]).verdict == v.INCONCLUSIVE
    assert all_of([open_, bad, good]).verdict == v.CONTRADICTED
