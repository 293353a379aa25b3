"""Student's t by our own sum and table, against SciPy and printed tables."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from support.older_records import older

from harness.student_t import mean, t_quantile, t_tail
from harness.t_quantiles import AT_95


def test_a_mean_is_the_same_on_every_python():
    """Adding one by one gives 0.09999999999999999, as `sum` does up to Python 3.11."""
    assert mean([0.1] * 10) == 0.1


def test_the_table_is_scipys():
    assert [float(stats.t.ppf(0.975, df)) for df in range(1, len(AT_95) + 1)] == pytest.approx(
        AT_95, rel=1e-12
    )


@pytest.mark.parametrize(
    ("df", "printed"), [(1, 12.706), (2, 4.303), (4, 2.776), (23, 2.069), (120, 1.980), (500, 1.965)]
)
def test_the_quantiles_of_printed_tables(df, printed):
    assert t_quantile(df) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize(("df", "printed"), [(4, 2.132), (10, 1.812)])
def test_other_levels(df, printed):
    assert t_quantile(df, 0.9) == pytest.approx(printed, abs=5e-4)


@given(st.floats(-60, 60), st.integers(1, 1200))
def test_the_tail_is_scipys(t, df):
    assert t_tail(t, df) == pytest.approx(float(stats.t.sf(t, df)), rel=2e-7)


@pytest.mark.parametrize(
    ("t", "df", "tail"), [(0.0, 7, 0.5), (1.0, 1, 0.25), (-1.0, 1, 0.75), (2**0.5, 2, 0.1464466)]
)
def test_the_tail_by_hand(t, df, tail):
    """Of one degree of freedom it is Cauchy's, of two (1 − t / √(2 + t²)) / 2."""
    assert t_tail(t, df) == pytest.approx(tail, rel=1e-6)


def test_a_table_with_intervals_is_made_without_scipy():
    code = (
        "import sys; from harness.cli.main import cli; "
        "cli(['table', 'components', '--runs', sys.argv[1]], standalone_mode=False); "
        "print(sorted({'numpy', 'scipy', 'pandas', 'torch'} & set(sys.modules)))"
    )
    runs = str(older("localglobal"))
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, runs], capture_output=True, text=True, check=True
    )
    assert "±" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
