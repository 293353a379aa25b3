"""Optical flow as a picture: direction as hue, speed as strength; grey-white where nothing moves."""

from __future__ import annotations

import numpy as np

from harness.data.video.decode import Pixels
from harness.data.video.flow import SCALE, ZERO


def shown(clip: Pixels) -> Pixels:
    """A clip (T, H, W, C) as people can look at it (T, H, W, 3): colours as they are, of stacked flow the
    first field of each stack, its strength relative to the fastest motion of the clip."""
    if clip.shape[-1] == 3:
        return clip
    from matplotlib.colors import hsv_to_rgb

    motion = (clip[..., :2].astype(np.float32) - ZERO) / SCALE
    speed = np.hypot(motion[..., 0], motion[..., 1])
    hue = np.arctan2(motion[..., 1], motion[..., 0]) / (2 * np.pi) % 1
    strength = speed / max(float(speed.max()), 1e-6)
    pixels = hsv_to_rgb(np.stack([hue, strength, np.ones_like(hue)], axis=-1))
    return (255 * pixels).round().astype(np.uint8)
