"""A stick figure drawn with integers: coverage of each pixel by round-ended limbs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.data.sets.localglobal.draw import TURN, Ints, cosine, sine
from harness.data.sets.localglobal.laws import Pose

SUB = 16  # units in a pixel
# Lengths and radii in 1/100 of the unit below (the figure stands 40 units high).
UNIT = 100
TORSO, HEAD_UP, UPPER, FOREARM, LEG = 1400, 1850, 900, 900, 1700
SHOULDER, HIP = 250, 150
LIMB_RADIUS, TORSO_RADIUS, HEAD_RADIUS = 240, 300, 460
LAMP_RADIUS = 1040  # a small network sees these at once; with lamps of 420 it was at chance after 240 steps
LEGS_APART, LEGS_SWING = 90, 80  # angle of each leg from straight down, and its swing, in TURN units
BEND, BEND_SWING = 110, 200  # bend of the forearms and its swing, in TURN units
BOUNCE, SHAKE = 420, 420  # of the whole body, up and down, left and right


@dataclass(frozen=True)
class Stand:
    """Where the figure stands: hips (T,) in SUB units, `unit` SUB units per figure unit times UNIT."""

    x: Ints
    y: Ints
    unit: int

    def __getitem__(self, part: slice) -> Stand:
        """The frames in `part`."""
        return Stand(self.x[part], self.y[part], self.unit)


class _Pen:
    """Draws round-ended limbs on a stack of T frames; keeps the largest coverage, 0 … 256, of each pixel."""

    def __init__(self, frames: int, size: int) -> None:
        self.centres = np.arange(size, dtype=np.int32) * SUB + SUB // 2
        self.coverage = np.zeros((frames, size, size), dtype=np.int32)

    def line(self, x: Ints, y: Ints, angle: Ints, length: int, radius: int) -> tuple[Ints, Ints]:
        """A limb from (x, y), hanging down at angle 0 and turning to the right; gives its other end."""
        ux, uy = sine(angle), cosine(angle)
        end_x, end_y = x + (ux * length >> 10), y + (uy * length >> 10)
        columns, rows = self._reach(x, end_x, radius), self._reach(y, end_y, radius)
        dx, dy = _minus(self.centres[columns], x)[:, None, :], _minus(self.centres[rows], y)[:, :, None]
        ux, uy = ux[:, None, None], uy[:, None, None]
        along = (dx * ux + dy * uy) >> 10
        across = (dx * uy - dy * ux) >> 10
        beyond = along - np.clip(along, 0, length)
        self._fill(rows, columns, across * across + beyond * beyond, radius)
        return end_x, end_y

    def _reach(self, one: Ints, other: Ints, radius: int) -> slice:
        """The pixels that a limb between the two coordinates can touch in any of the frames."""
        low = min(one.min(), other.min()) - radius - SUB
        high = max(one.max(), other.max()) + radius + SUB
        first, last = np.searchsorted(self.centres, (low, high))
        return slice(int(first), int(last))

    def _fill(self, rows: slice, columns: slice, square: Ints, radius: int) -> None:
        """From the squared distances: full inside radius - ½ pixel, none outside radius + ½ pixel."""
        half = SUB // 2
        inner, outer = max(radius - half, 0) ** 2, (radius + half) ** 2
        part = (np.clip(outer - square, 0, outer - inner) << 8) // (outer - inner)
        box = self.coverage[:, rows, columns]
        np.maximum(box, part, out=box)


def _minus(centres: Ints, origin: Ints) -> Ints:
    """centres (N,) seen from origin (T,), as (T, N)."""
    return centres[None, :] - origin[:, None]


def draw_figure(pose: Pose, stand: Stand, size: int) -> dict[str, Ints]:
    """Coverage (T, size, size) of each pixel, 0 … 256, by "body", "legs", "forearms" and "lamps", to be
    painted in this order."""
    pens = {name: _Pen(len(pose.arm), size) for name in ("body", "legs", "forearms", "lamps")}

    def scaled(hundredths: int) -> int:
        return hundredths * stand.unit // (UNIT * UNIT)

    x = stand.x + (sine(pose.parts["shake"]) * scaled(SHAKE) >> 10)
    y = stand.y + (sine(pose.parts["bounce"]) * scaled(BOUNCE) >> 10)
    spread = LEGS_APART + (sine(pose.parts["legs"]) * LEGS_SWING >> 10)
    bend = BEND + (sine(pose.parts["forearms"]) * BEND_SWING >> 10)
    upright, limb = np.full_like(x, TURN // 2), scaled(LIMB_RADIUS)
    shoulder = pens["body"].line(x, y, upright, scaled(TORSO), scaled(TORSO_RADIUS))[1]
    pens["body"].line(x, y - scaled(HEAD_UP), upright, 0, scaled(HEAD_RADIUS))
    for side in (-1, 1):
        pens["legs"].line(x + side * scaled(HIP), y, side * spread, scaled(LEG), limb)
        at = x + side * scaled(SHOULDER)
        elbow = pens["body"].line(at, shoulder, side * pose.arm, scaled(UPPER), limb)
        hand = pens["forearms"].line(*elbow, side * (pose.arm + bend), scaled(FOREARM), limb)
        pens["lamps"].line(*hand, upright, 0, scaled(LAMP_RADIUS))
    drawn = {name: pen.coverage for name, pen in pens.items()}
    drawn["lamps"] = drawn["lamps"] * pose.lamp[:, None, None] >> 8
    return drawn
