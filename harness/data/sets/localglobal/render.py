"""Pixels of a clip, bit-exact on every machine: a scene behind the figure that moves by its class's law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.data.sets.localglobal import laws
from harness.data.sets.localglobal.draw import TURN, Draw, Ints, sine
from harness.data.sets.localglobal.figure import SUB, UNIT, Stand, draw_figure
from harness.data.sets.localglobal.plan import Clip, Settings

STACK = 36  # frames drawn at once: fewer cost calls, more fall out of the cache of a core
GRID = 9  # the background is a smooth field through GRID x GRID random colours
DARK = (12, 84)  # range of its colours
# Legs and forearms have colours of their own, so that which of them moves is told by small windows of pixels.
LEGS, FOREARMS = (np.array(colour, dtype=np.int32) for colour in ((48, 80, 255), (255, 72, 32)))
# The figure's colour and the tint of the scene (in 1/256) tell the family at a glance, so that what a stream
# gets wrong is wrong within a family, and few of its steps go into telling families apart.
COLOURS = {"local": (255, 226, 120), "global": (120, 226, 255), "shared": (150, 255, 150)}
COLOURS["conflict"] = (255, 150, 235)
TINTS = {
    "local": (256, 192, 64),
    "global": (64, 160, 256),
    "shared": (64, 256, 64),
    "conflict": (256, 64, 192),
}


@dataclass(frozen=True)
class Scene:
    """What the clips of one scene share.

    background: (H, W, 3). light: brightness of the figure in 1/256. x, y: of its hips and `unit`: its scale,
    as in `Stand`.
    """

    background: Ints
    light: int
    x: int
    y: int
    unit: int


def scene(clip: Clip) -> Scene:
    """The scene depends on part and number only: each class has one clip in it."""
    size = clip.settings.size
    draw = Draw("scene", clip.settings.seed, clip.part, clip.scene)
    pixel = SUB * size // 72
    return Scene(
        background=_background(draw, size),
        light=draw.one(190, 256),
        x=size * SUB // 2 + draw.one(-5 * pixel, 5 * pixel),
        y=size * SUB * 41 // 72 + draw.one(-2 * pixel, 2 * pixel),
        unit=SUB * UNIT * size * draw.one(112, 130) // (72 * 100),
    )


def render(clip: Clip, shown: slice = slice(None)) -> NDArray[np.uint8]:
    """The frames (T, H, W, 3), RGB, of a clip; shown: which of them are drawn."""
    settings, view = clip.settings, scene(clip)
    draw = Draw("clip", settings.seed, clip.part, clip.scene, clip.family, clip.member)
    cues = laws.cues(clip.family, clip.member, clip.part, clip.scene)
    pose = laws.pose(cues, settings, draw)[shown]
    stand = _sway(view, settings, draw)[shown]
    colour = np.array(COLOURS[clip.family], dtype=np.int32) * view.light >> 8
    count = len(range(settings.length)[shown])
    frames = np.empty((count, settings.size, settings.size, 3), dtype=np.uint8)
    background = view.background * np.array(TINTS[clip.family], dtype=np.int32) >> 8
    frames[:] = background
    for first in range(0, count, STACK):
        part = slice(first, first + STACK)
        _ink(frames[part], background, pose[part], stand[part], colour)
    return frames


def _ink(frames: NDArray[np.uint8], background: Ints, pose: laws.Pose, stand: Stand, body: Ints) -> None:
    """The figure, then its lamps, into frames that show the background."""
    drawn = draw_figure(pose, stand, frames.shape[1])
    time, row, column = np.nonzero(np.maximum.reduce(list(drawn.values())))
    inked = background[row, column]
    colours = {"body": body, "legs": LEGS, "forearms": FOREARMS, "lamps": hue_colour(pose.hue)[time]}
    for name, coverage in drawn.items():
        inked += (colours[name] - inked) * coverage[time, row, column, None] >> 8
    frames[time, row, column] = inked


def hue_colour(hue: Ints) -> Ints:
    """Fully saturated colours (T, 3) of hues (T,) in TURN units: red, green, blue a third of a turn apart."""
    half = TURN // 2
    away = np.stack([np.abs((hue - peak * TURN // 3 + half) % TURN - half) for peak in range(3)], -1)
    return np.clip(2 * 255 - away * 6 * 255 // TURN, 0, 255)


def _sway(view: Scene, settings: Settings, draw: Draw) -> Stand:
    """Slow drift of the hips, by one law for all classes."""
    time = np.arange(settings.length, dtype=np.int32)
    pixel = SUB * settings.size // 72

    def drift(reach: int) -> Ints:
        return sine(time * draw.one(5, 10) + draw.one(0, TURN - 1)) * reach >> 10

    return Stand(x=view.x + drift(3 * pixel), y=view.y + drift(pixel), unit=view.unit)


def _background(draw: Draw, size: int) -> Ints:
    """Bilinear field through random dark colours, (size, size, 3)."""
    knots = draw.many(GRID * GRID * 3, *DARK).reshape(GRID, GRID, 3).astype(np.int32)
    place = np.arange(size, dtype=np.int32) * (GRID - 1) * 256 // size
    cell, part = place >> 8, place & 255
    rows = knots[cell] * (256 - part)[:, None, None] + knots[cell + 1] * part[:, None, None] >> 8
    return rows[:, cell] * (256 - part)[:, None] + rows[:, cell + 1] * part[:, None] >> 8
