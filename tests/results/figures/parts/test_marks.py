"""The same mark for the same meaning; every mark told apart without colours."""

import itertools

import pytest

from results.figures.parts.marks import MEANINGS, OTHERS, looks


@pytest.mark.parametrize("names", [["global", "local"], ["a", "local", "b"], ["dominant", "x", "global"]])
def test_streams_look_alike_whatever_stands_beside_them(names):
    found = looks(names)
    assert {name: found[name] for name in MEANINGS if name in found} == {
        name: look for name, look in MEANINGS.items() if name in names
    }
    marks = [each["marker"] for each in found.values()]
    assert len(set(marks)) == len(marks)


def test_grey_tells_the_streams_apart():
    """By luma (ITU-R BT.601), a fifth of the range at least."""

    def luma(colour):
        return sum(w * int(colour[at : at + 2], 16) for w, at in ((0.299, 1), (0.587, 3), (0.114, 5))) / 255

    levels = sorted(luma(look["color"]) for look in MEANINGS.values())
    assert min(b - a for a, b in itertools.pairwise(levels)) > 0.2
    assert len({(look["color"], look["marker"]) for look in OTHERS}) == len(OTHERS)
