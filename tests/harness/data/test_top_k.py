"""Which k stands beside top-1: five, but where it could hardly fail."""

import pytest

from harness.data.index import VideoIndex


@pytest.mark.parametrize(
    ("classes", "k"), [(2, 2), (6, 2), (10, 2), (11, 5), (16, 5), (101, 5), (400, 5)], ids=str
)
def test_five_of_up_to_ten_classes_gives_way_to_two(classes, k):
    """Five guesses of ten classes are right half of the time without looking."""
    names = tuple(f"class {n}" for n in range(classes))
    assert VideoIndex("folder", "", names, (), (), "").k == k


def test_a_data_set_that_names_its_own_has_it():
    names = tuple(f"class {n}" for n in range(16))
    assert VideoIndex("localglobal", "", names, (), (), "", top_k=2).k == 2
