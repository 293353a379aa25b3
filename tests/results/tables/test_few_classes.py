"""Top-5 of so few classes that it cannot fail: shown nowhere."""

import pytest
from support.made_records import made
from support.made_tables import row, table

from backbones.base.errors import UsageError
from results.records import share
from results.studies.quick import check_metric


def of_classes(count, k):
    """A run whose records have top-k beside top-1."""
    record = made({"average": 40.0, "adaptive": 42.0})
    for each in (record.metrics.local, record.metrics.glob, *record.metrics.fusion.values()):
        each.k = k
    record.data.classes = [f"class {number}" for number in range(count)]
    return record


def test_top_2_of_two_classes_is_left_out_and_the_footer_says_so():
    shown = table("fusion", [of_classes(2, 2)])
    cells = row(shown, "adaptive")
    assert cells["top-1 measured ↑"].value == pytest.approx(42.0)
    assert (cells["top-5 measured ↑"].text, cells["top-5 measured ↑"].footnote) == ("", "")
    assert "top-5 is left out: of 2 classes top-2 cannot fail" in shown.footer


@pytest.mark.parametrize(("count", "k"), [(6, 5), (6, 2)])
def test_where_it_can_fail_it_is_shown(count, k):
    shown = table("fusion", [of_classes(count, k)])
    assert row(shown, "adaptive")["top-5 measured ↑"].value == pytest.approx(95.0)
    assert any("top5 is top-2 here" in line for line in shown.footer) == (k == 2)


def test_nothing_is_judged_or_compared_by_it():
    assert share(of_classes(2, 2), "local.top5") is None
    assert share(of_classes(3, 2), "local.top5") is not None
    with pytest.raises(UsageError, match="no measure 'top5' of own"):
        check_metric("own.top5", [of_classes(2, 2)])
