"""Signs of differences."""

import pytest

from harness.console.signed import signed


@pytest.mark.parametrize(
    ("value", "more", "text"),
    [
        (0.314, {}, "+0.31"),
        (-0.314, {}, "−0.31"),
        (-8.15, {"digits": 1}, "−8.2"),
        (3.0, {"plus": False}, "3.00"),
        (-0.004, {}, "0.00"),
        (0.04, {"digits": 1}, "0.0"),
        (-0.005001, {}, "−0.01"),
        (10.0, {"digits": 0}, "+10"),
    ],
)
def test_by_hand(value, more, text):
    assert signed(value, **more) == text
