"""Controls are found beyond 0 in the known direction, and far enough."""

import pytest
from support.made_studies import CONTROLS, NOISE, analysed, gains, plan

STUDY = plan(arms=["mbd"], controls=CONTROLS)


def found(**points):
    arms = {"mbd, kl_weight=0.1": points.get("harm", -3.0), "mbd, kl_weight=0.9": points.get("gain", 3.0)}
    return [control.found for control in analysed(STUDY, gains(arms)).controls]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ({}, [True, True]),
        ({"harm": -2.0, "gain": 2.0}, [True, True]),
        ({"harm": -1.9, "gain": 1.9}, [False, False]),
        ({"harm": 3.0, "gain": -3.0}, [False, False]),
    ],
)
def test_far_enough_in_the_known_direction(points, expected):
    assert found(**points) == expected


def test_beyond_chance():
    """A mean of −3 whose interval over pre-trainings is ± 20 · 0.245 · 2.365 / √8 = ± 4.1."""

    def truth(arm, pair, seed):
        wide = {"mbd, kl_weight=0.1": -3 + 20 * NOISE[pair], "mbd, kl_weight=0.9": 3 + 5 * NOISE[pair]}
        value = 70 + wide.get(arm.name, 0.0)
        return {"average": value, "adaptive": value}

    harm, gain = analysed(STUDY, truth).controls
    assert (harm.found, gain.found) == (False, True)
    assert harm.differences.over_pretrainings().half == pytest.approx(20 * 0.2449490 * 2.364624 / 8**0.5)


def test_a_study_without_controls_has_none():
    assert analysed(plan(arms=["mbd", "two_stream"]), gains({})).controls == ()
