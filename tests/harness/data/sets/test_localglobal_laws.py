"""The laws of the generated clips, proved on the parameters: who can see what, and what nobody can."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from backbones.base.errors import UsageError
from harness.data.sets.localglobal import laws, plan
from harness.data.sets.localglobal.draw import TURN, Draw

CUES = [laws.cues(family, member, "test", 0) for family in plan.FAMILIES for member in range(4)]
LENGTH = 144


def settings(length, **difficulty):
    """Without jitter and with the flicker of the first version, unless they are given."""
    return plan.Settings(length=length, **{"jitter": 0, "flicker": 310, **difficulty})


class Leading:
    """A draw whose only number is the lead."""

    def __init__(self, lead):
        self.lead = lead

    def one(self, low, high):
        return self.lead


def shown(member, start, lead):
    """For each frame of an order clip that starts after 16 + `start` frames: the hue, or -1 in the dark."""
    hue, lamp = laws._ordered(laws.ORDERS[member], settings(LENGTH + lead, lead=lead), Leading(start))
    return np.where(lamp > 0, hue, -1)


def best_guess(lead):
    """Share of clips that the best guess from one frame and its time gets right, at the best time."""
    clips = np.array([[shown(member, start, lead) for start in range(lead + 1)] for member in range(4)])
    counts = np.array([(clips == state).sum(1) for state in (-1, *laws.HUES)])
    return (counts.max(1).sum(0) / (4 * (lead + 1))).max()


@given(st.sampled_from(CUES), st.integers(0, 10**9), st.integers(0, 512), st.integers(0, LENGTH - 9))
def test_fast_parts_stand_still_at_strides_of_eight(cues, seed, tremble, frame):
    pose = laws.pose(cues, settings(LENGTH, lead=64, tremble=tremble), Draw(seed))
    for phase in pose.parts.values():
        assert set(phase[frame::8]) == {phase[frame]}


@pytest.mark.parametrize("motion", [None, 0])
@pytest.mark.parametrize("frame", [0, 5])
def test_a_single_frame_has_uniform_phase_whether_the_part_is_the_cue_or_not(motion, frame):
    draws = (
        laws.pose(laws.Cues(motion=motion), settings(8, tremble=64), Draw("uniform", n)) for n in range(2000)
    )
    phases = [pose.parts["forearms"][frame] for pose in draws]
    assert chisquare(np.histogram(phases, 16, (0, TURN))[0]).pvalue > 0.001


def test_the_cue_turns_the_whole_circle_and_the_others_do_not():
    pose = laws.pose(laws.Cues(motion=1), settings(8, tremble=64), Draw("turn"))
    assert sorted(np.diff(pose.parts["legs"]) % TURN) == [TURN // 8] * 7
    assert all(
        np.abs((phase - phase[0] + TURN // 2) % TURN - TURN // 2).max() <= 128
        for name, phase in pose.parts.items()
        if name != "legs"
    )


@pytest.mark.parametrize("member", range(4))
def test_no_sixteen_frames_touch_two_colours(member):
    states = shown(member, 0, 0)
    for start in range(len(states) - 15):
        assert len(set(states[start : start + 16]) - {-1}) <= 1


@pytest.mark.parametrize("start", [0, 31, 64, 127])
@pytest.mark.parametrize("frames", [1, 8, 16])
def test_every_colour_has_the_same_windows(start, frames):
    states = shown(0, start, 127)
    windows = Counter(tuple(states[first : first + frames]) for first in range(len(states) - frames + 1))
    lit = {hue: Counter() for hue in laws.HUES}
    for window, count in windows.items():
        if hue := max(window) + 1:
            lit[hue - 1][tuple(state < 0 for state in window)] += count
    assert len(lit[0])
    assert all(lit[hue] == lit[0] for hue in laws.HUES)


@pytest.mark.parametrize("lead", [0, 127])
def test_windows_of_sixteen_frames_are_the_same_in_all_orders(lead):
    windows = [
        Counter(shown(member, lead, lead)[start : start + 16].tobytes() for start in range(129 + lead))
        for member in range(4)
    ]
    assert windows[0] == windows[1] == windows[2] == windows[3]


@pytest.mark.parametrize(
    ("lead", "expected"), [(0, 1.0), (16, 0.956), (20, 0.821), (32, 0.614), (48, 0.495), (127, 0.344)]
)
def test_what_one_frame_and_its_time_tell_of_the_order(lead, expected):
    assert best_guess(lead) == pytest.approx(expected, abs=0.001)


def test_the_whole_clip_tells_the_order_at_any_start():
    seen = [
        {tuple(hue for hue in shown(member, start, 127)[::16] if hue >= 0) for start in range(128)}
        for member in range(4)
    ]
    assert all(len(orders) == 1 for orders in seen)
    assert len(set.union(*seen)) == 4


def test_a_clip_too_short_for_its_lead_is_refused():
    with pytest.raises(UsageError, match="length must be at least 144 \\+ lead"):
        settings(152, lead=16).check_ranges()


def test_orders_are_a_latin_square_of_different_cycles():
    orders = np.array(laws.ORDERS)
    assert all(sorted(column) == [0, 1, 2, 3] for column in orders.T)
    assert len({tuple(np.roll(order, -int(order.argmin()))) for order in orders}) == 4


@pytest.mark.parametrize("part", ["validation", "fit", "test"])
def test_conflict_misleads_one_stream_in_every_clip_that_is_not_trained_on(part):
    for scene in range(15):
        for member in range(4):
            cues = laws.cues("conflict", member, part, scene)
            wrong, right = (cues.motion, cues.order) if member < 2 else (cues.order, cues.motion)
            assert right == member
            assert wrong == {0: 1, 1: 0, 2: 3, 3: 2}[member]


def test_conflict_agrees_in_four_of_five_training_clips():
    for member in range(4):
        cues = [laws.cues("conflict", member, "train", scene) for scene in range(30)]
        assert sum(cue.motion == cue.order for cue in cues) == 24


def off(hues, centre):
    """Signed distance on the circle."""
    return (hues - centre + TURN // 2) % TURN - TURN // 2


@pytest.mark.parametrize("flicker", [310, 120])
def test_shared_noise_is_as_wide_as_said_and_steady_for_sixteen_frames(flicker):
    cue = laws.Cues(hue=2)
    hues = np.array([laws.pose(cue, settings(64, flicker=flicker), Draw("hue", n)).hue for n in range(1500)])
    error = off(hues, laws.HUES[2])
    # variances of triangular noise: width² / 6; pairs 32 frames apart share the clip's noise only
    assert error[:, 0].var() == pytest.approx((170**2 + flicker**2) / 6, rel=0.1)
    assert np.cov(error[:, 0], error[:, 32])[0, 1] == pytest.approx(170**2 / 6, rel=0.25)
    assert (np.diff(hues, axis=1) != 0).sum(1).max() <= 4


def test_jitter_moves_each_colour_of_an_order_for_its_whole_clip():
    poses = [
        laws.pose(laws.Cues(order=1), settings(LENGTH, lead=0, jitter=200), Draw("jitter", n))
        for n in range(1500)
    ]
    # The order of member 1 is lime, red, violet, cyan; each is lit after 16 dark frames, 32 frames long.
    centres = np.array([256, 0, 768, 512])
    slots = np.array([pose.hue[16:].reshape(4, 32) for pose in poses])
    assert (np.ptp(slots, axis=2) == 0).all()
    error = off(slots[:, :, 0], centres)
    assert error.mean(0) == pytest.approx(0, abs=10)
    assert error.var(0) == pytest.approx(200**2 / 6, rel=0.12)
    assert np.abs(error).max() <= 200
    assert np.abs(np.corrcoef(error.T) - np.eye(4)).max() < 0.08


def test_what_is_drawn_for_jitter_changes_nothing_else():
    """A clip with jitter moves and lights up as it does without."""
    plain, moved = (
        laws.pose(laws.Cues(order=2), settings(LENGTH + 20, lead=20, jitter=jitter), Draw("same"))
        for jitter in (0, 150)
    )
    assert set(plain.hue) == set(laws.HUES)
    assert set(moved.hue) != set(laws.HUES)
    assert (plain.lamp == moved.lamp).all()
    assert all((plain.parts[name] == moved.parts[name]).all() for name in laws.PARTS)


def test_right_streams():
    clips = plan.clips(plan.Settings())[:16]
    assert [clip.right for clip in clips] == (
        ["local"] * 4 + ["global"] * 4 + [None] * 4 + ["global"] * 2 + ["local"] * 2
    )
