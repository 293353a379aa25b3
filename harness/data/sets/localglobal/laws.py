"""What each class does: the figure in every frame, as integers.

The figure has arms with lamps in the hands and four fast parts, each at a phase of its own circle: the bend
of the forearms, the spread of the legs, the bounce and the shake of the whole body.

*Motion cue.* A part's phase is φ + swing · WAVE[t mod 8], with φ uniform on the circle and independent of all
else and a swing of at most `tremble`; the part of the class turns the full circle every 8 frames instead.
At any frame, and at frames 8, 16, 24 … apart, every part therefore stands still at a uniform phase, whatever
the class: the cue exists only between neighbouring frames.

*Order cue.* Once in the clip, in four slots of 32 frames, the arms go up for 16 with lit lamps of one
colour and hang dark for 16; the four colours come in one of four orders. Before the first slot the arms
hang dark for 16 … 16 + `lead` frames, and at least 16 dark frames follow the last lit ones. So no 16 frames
in a row touch two colours, and each colour has all its windows of up to 16 frames in the clip, just as
often as any other: which colour comes before which exists only over more than 16 frames. What one frame and
its time in the video tell falls with `lead`: at the best time a guess from both is right for 1.00 of the
clips at lead 0, 0.96 at 16, 0.82 at 20 (the default), 0.61 at 32, 0.49 at 48 and 0.34 at 127 (chance is
0.25). A local stream does not know its clip's time. All frames together tell the order at every lead.

Families, their label and the stream that is right:

- local: motion cue of the class; arms held still at a random angle, lamps dark. Right: local.
- global: order cue of the class; all four parts tremble. Right: global.
- shared: lamps always lit; hue = the class's + a noise of the clip + a noise of each 16 frames, triangular
  with half widths CLIP_NOISE and `flicker`. Both streams see it, the global one averages over more blocks.
  Right: None.
- conflict, members 0 and 1 (a pair): order cue of the class. The motion cue is the class's in four of five
  training clips; in the fifth, and in **every** clip that is not trained on, it is that of the other of the
  pair. Right: global.
- conflict, members 2 and 3 (a pair): the same with the cues exchanged. Right: local.

So a stream that learned *conflict* is misled in half of its test classes, with the confidence of 0.8 that its
training gave it, while the other stream never saw a reason to doubt its cue. This is a shift between training
and test, made on purpose; accuracy on *conflict* says which stream was believed, not how well one learned.
Validation clips, and those that fusion rules are fitted on, follow the law of the test clips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.data.sets.localglobal.draw import TURN, Draw, Ints, sine
from harness.data.sets.localglobal.plan import Settings

PARTS = ("forearms", "legs", "bounce", "shake")
ORDERS = ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 1, 0), (3, 2, 0, 1))
PERIOD = 8  # frames of a fast motion; the strides of global streams are multiples of it
SLOT = 32  # frames from one held pose to the next
HOLD = 16  # frames of a slot with raised arms
DARK = (
    16  # frames before the first slot, at least, and after the last lit one: as long as a local clip may be
)
BLOCK = 16  # frames that share one noise in the family "shared"
DISAGREE = 5  # in conflict, every fifth training video has the misleading cue
NEUTRAL, RAISED, HIGHEST = 22, 340, 470  # upper-arm angles from hanging, in TURN units: 8°, 120°, 165°
HUES = (0, 256, 512, 768)  # red, lime, cyan, violet
CLIP_NOISE = 170  # half width of the triangular noise of a clip of "shared"
WAVE: Ints = (sine(np.arange(PERIOD, dtype=np.int32) * (TURN // PERIOD)) // 8).astype(np.int32)
ENVELOPE = (85, 171) + (256,) * (HOLD - 4) + (171, 85)  # of a held pose, in 1/256


@dataclass(frozen=True)
class Cues:
    """What a clip shows: a fast part, an order, a hue (0–3 each), or None where it has no such cue."""

    motion: int | None = None
    order: int | None = None
    hue: int | None = None


@dataclass(frozen=True)
class Pose:
    """The figure in each of T frames.

    arm: upper-arm angle from hanging, the same on both sides; hue: of the lamps; parts: phase of each fast
    part; all (T,) in TURN units. lamp: strength of the lamps (T,), 0 … 256.
    """

    arm: Ints
    hue: Ints
    lamp: Ints
    parts: dict[str, Ints]

    def __getitem__(self, part: slice) -> Pose:
        """The frames in `part`."""
        phases = {name: phase[part] for name, phase in self.parts.items()}
        return Pose(self.arm[part], self.hue[part], self.lamp[part], phases)


def cues(family: str, member: int, part: str, scene: int) -> Cues:
    """What the clip of class `member` (0–3) of `family` in this scene shows."""
    if family == "local":
        return Cues(motion=member)
    if family == "global":
        return Cues(order=member)
    if family == "shared":
        return Cues(hue=member)
    misled = part != "train" or (scene + member) % DISAGREE == 0
    shown = member ^ 1 if misled else member
    return Cues(motion=shown, order=member) if member < 2 else Cues(motion=member, order=shown)


def pose(shown: Cues, difficulty: Settings, draw: Draw) -> Pose:
    """The figure over all frames. What is not the cue is drawn, by one law for all classes."""
    frames = difficulty.length
    parts = {name: _phase(shown.motion == k, difficulty, draw) for k, name in enumerate(PARTS)}
    if shown.order is not None:
        hue, lamp = _ordered(ORDERS[shown.order], difficulty, draw)
        return Pose(NEUTRAL + ((RAISED - NEUTRAL) * lamp >> 8), hue, lamp, parts)
    arm, dark = np.full(frames, draw.one(NEUTRAL, HIGHEST), dtype=np.int32), np.zeros(frames, dtype=np.int32)
    if shown.hue is None:
        return Pose(arm, dark, dark, parts)
    return Pose(arm, _noisy(HUES[shown.hue], difficulty, draw), dark + 256, parts)


def _phase(is_cue: bool, difficulty: Settings, draw: Draw) -> Ints:
    start, swing, lead = draw.one(0, TURN - 1), draw.one(0, difficulty.tremble), draw.one(0, PERIOD - 1)
    step = np.arange(difficulty.length, dtype=np.int32) + lead
    turned = step * (TURN // PERIOD) if is_cue else WAVE[step % PERIOD] * swing >> 7
    return (start + turned) % TURN


def _ordered(order: tuple[int, ...], difficulty: Settings, draw: Draw) -> tuple[Ints, Ints]:
    time = np.arange(difficulty.length) - DARK - draw.one(0, difficulty.lead)
    slot, time = np.divmod(time, SLOT)
    noise = [draw.bell(difficulty.jitter) if difficulty.jitter else 0 for _ in order]
    shown = (np.array(HUES, dtype=np.int32)[list(order)] + np.array(noise, dtype=np.int32)) % TURN
    hue = shown[slot.clip(0, len(order) - 1)]
    lamp = np.array(ENVELOPE + (0,) * (SLOT - HOLD), dtype=np.int32)[time]
    return hue, np.where((slot >= 0) & (slot < len(order)), lamp, 0).astype(np.int32)


def _noisy(centre: int, difficulty: Settings, draw: Draw) -> Ints:
    lead, own = draw.one(0, BLOCK - 1), draw.bell(CLIP_NOISE)
    count = difficulty.length // BLOCK + 2
    blocks = np.array([draw.bell(difficulty.flicker) for _ in range(count)], dtype=np.int32)
    return (centre + own + np.repeat(blocks, BLOCK)[lead : lead + difficulty.length]) % TURN
