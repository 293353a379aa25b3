"""What each class does: the pose of the figure in every frame, as integers.

The figure has an upper-arm angle (the same on both sides) and four fast parts, each at a phase of its own
circle: the forearms' bend, the legs' spread, the bounce and the shake of the whole body.

*Motion.* A part's phase is φ + swing · WAVE[t mod 8] with φ uniform on the circle and independent of all
else. The part of the class (the motion cue) turns the full circle instead, every 8 frames; the others
tremble with small swings. At any frame, and at any frames 8, 16, 24 … apart, every part therefore stands
still at a uniform phase, whatever the class: the cue exists only between neighbouring frames.

*Order.* Four held poses, each in a slot of 32 frames of which 16 in a row are neutral, follow each other
in one of four cyclic orders (the order cue), starting anywhere in the cycle with equal probability. At any
single time each pose is equally likely in every class, and no 16 consecutive frames touch two poses: the
cue exists only between frames at least 17 apart.

| family | motion cue | order cue | label | right stream |
|---|---|---|---|---|
| local | the class's | none (arms held still at a random angle) | motion cue | local |
| global | none (all parts tremble) | the class's | order cue | global |
| shared | none | none; the arms show the class's angle + noise of the clip + noise of each block of 16 frames | angle | none (both see it, the global stream averages over more blocks) |
| conflict 0, 1 | the class's in 4 of 5 training videos; else, and in **every** test video, that of the other of the two | the class's, always | order cue | global |
| conflict 2, 3 | the class's, always | the class's in 4 of 5 training videos; else, and in every test video, that of the other of the two | motion cue | local |

So in *conflict* a stream that learned well is misled in half of the test classes, with the confidence that
its training gave it: 0.8 for the wrong class, while the other stream never had a reason to doubt its cue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.data.localglobal.draw import TURN, Draw, Ints, sine

PARTS = ("forearms", "legs", "bounce", "shake")
ORDERS = ((0, 1, 2, 3), (0, 3, 2, 1), (0, 2, 1, 3), (0, 3, 1, 2))
PERIOD = 8  # frames of a fast motion; the strides of global streams are multiples of it
SLOT = 32  # frames from one held pose to the next
HOLD = 16  # frames of a slot that differ from neutral
BLOCK = 16  # frames that share one noise in the family "shared"
DISAGREE = 5  # in conflict, every fifth training video has the misleading cue
NEUTRAL = 22  # upper-arm angle from hanging, in TURN units (8°)
POSES = (128, 242, 356, 470)  # 45°, 85°, 125°, 165°
TREMBLE = 128  # largest swing of a part that is not the cue
CLIP_NOISE, BLOCK_NOISE = 70, 120  # half widths of the triangular noises of "shared"
WAVE: Ints = (sine(np.arange(PERIOD, dtype=np.int32) * (TURN // PERIOD)) // 8).astype(np.int32)
ENVELOPE = (85, 171) + (256,) * (HOLD - 4) + (171, 85)  # of a held pose, in 1/256


@dataclass(frozen=True)
class Cues:
    """What a clip shows: a fast part (0–3), an order (0–3), an angle (0–3), or None where it has no such cue."""

    motion: int | None = None
    order: int | None = None
    angle: int | None = None


@dataclass(frozen=True)
class Pose:
    """The figure in each of T frames: angles and phases (T,) in TURN units."""

    arm: Ints
    parts: dict[str, Ints]


def cues(family: str, member: int, split: str, scene: int) -> Cues:
    """What the clip of class `member` (0–3) of `family` in this scene shows."""
    if family == "local":
        return Cues(motion=member)
    if family == "global":
        return Cues(order=member)
    if family == "shared":
        return Cues(angle=member)
    misled = split == "test" or (scene + member) % DISAGREE == 0
    shown = member ^ 1 if misled else member
    return Cues(motion=shown, order=member) if member < 2 else Cues(motion=member, order=shown)


def right_stream(family: str, member: int) -> str | None:
    """The stream whose cue tells the class, or None where both do."""
    if family == "conflict":
        return "global" if member < 2 else "local"
    return None if family == "shared" else family


def pose(shown: Cues, frames: int, draw: Draw) -> Pose:
    """The figure over `frames` frames. What is not the cue is drawn, by one law for all classes."""
    parts = {name: _phase(shown.motion == k, frames, draw) for k, name in enumerate(PARTS)}
    if shown.order is not None:
        arm = _ordered(ORDERS[shown.order], frames, draw)
    elif shown.angle is not None:
        arm = _noisy(POSES[shown.angle], frames, draw)
    else:
        arm = np.full(frames, draw.one(NEUTRAL, POSES[-1]), dtype=np.int32)
    return Pose(arm, parts)


def _phase(is_cue: bool, frames: int, draw: Draw) -> Ints:
    start, swing, lead = draw.one(0, TURN - 1), draw.one(0, TREMBLE), draw.one(0, PERIOD - 1)
    step = np.arange(frames, dtype=np.int32) + lead
    turned = step * (TURN // PERIOD) if is_cue else WAVE[step % PERIOD] * swing // int(WAVE.max())
    return ((start + turned) % TURN).astype(np.int32)


def _ordered(order: tuple[int, ...], frames: int, draw: Draw) -> Ints:
    lead = draw.one(0, SLOT * len(order) - 1)
    time = np.arange(frames) + lead
    held = np.array(POSES)[np.array(order)[time // SLOT % len(order)]]
    envelope = np.array(ENVELOPE + (0,) * (SLOT - HOLD))[time % SLOT]
    return (NEUTRAL + ((held - NEUTRAL) * envelope >> 8)).astype(np.int32)


def _noisy(centre: int, frames: int, draw: Draw) -> Ints:
    lead, own = draw.one(0, BLOCK - 1), draw.bell(CLIP_NOISE)
    blocks = np.array([draw.bell(BLOCK_NOISE) for _ in range(frames // BLOCK + 2)])
    noise = np.repeat(blocks, BLOCK)[lead : lead + frames]
    return np.clip(centre + own + noise, 6, TURN // 2 - 6).astype(np.int32)
