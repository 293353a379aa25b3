"""Optical flow of the frames of a video, as uint8: what a motion stream sees in place of colours.

A field is the motion in pixels (x, y), at the stream's resolution, from one video frame to the next. It is
clipped to ±20 px and scaled to 8 bits, as TSN (Wang et al., ECCV 2016) and I3D (Carreira & Zisserman, CVPR
2017) store it, but with no motion at exactly 128: then a mirrored field is the exact negative. `ZERO`
and `SCALE` as mean and standard deviation give networks motion in units of the bound, from -1 to 1.

A clip's "frame" is a stack of L fields, those that begin at the frame and at the L - 1 after it: L = 1 for
3D CNNs; L = 10, 20 channels x, y, x, y, ... for 2D networks (Simonyan & Zisserman, NeurIPS 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from backbones.base.errors import UsageError, UserError
from backbones.spec import FlowSpec
from harness.data.video.decode import Pixels, View

ZERO, SCALE = 128, 127
Motion = NDArray[np.float32]  # (H, W, 2) in pixels: x to the right, y downwards
Estimator = Callable[[Pixels, Pixels], Motion]  # from two grey frames (H, W)


def estimator(algorithm: str) -> Estimator:
    """OpenCV's "dis" (Kroeger et al., ECCV 2016), "farneback" (2003) or "tvl1" (Zach et al., 2007).

    A `UsageError` for "tvl1" where OpenCV's contrib build is not installed.
    """
    import cv2

    # DIS divides a frame among its threads, and its result depends on where it is divided.
    cv2.setNumThreads(1)
    if algorithm == "dis":
        dis: Any = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]
        return _of(dis)
    if algorithm == "farneback":
        return _farneback
    contrib: Any = getattr(cv2, "optflow", None)
    if contrib is None:
        raise UsageError(
            "flow by tvl1 needs OpenCV's contrib build (opencv-contrib-python-headless), which is not "
            "installed; take flow.algorithm dis or farneback"
        )
    return _of(contrib.DualTVL1OpticalFlow_create())


def _of(engine: Any) -> Estimator:
    return lambda first, second: engine.calc(first, second, None)


def _farneback(first: Pixels, second: Pixels) -> Motion:
    """OpenCV's own sample settings."""
    import cv2

    start: Any = None
    flow: Any = cv2.calcOpticalFlowFarneback(first, second, start, 0.5, 3, 15, 3, 5, 1.2, 0)
    return flow


def quantised(motion: Motion, bound: float) -> Pixels:
    """Motion (H, W, 2) clipped to ±bound pixels as uint8 from 1 to 255, 128 for none."""
    scaled = np.rint(np.clip(motion, -bound, bound) * (SCALE / bound))
    return (scaled + ZERO).astype(np.uint8)


def mirrored(clip: torch.Tensor) -> torch.Tensor:
    """The clip (T, H, W, 2 L) of the mirrored video: left and right exchanged, the motion along x negated."""
    turned = clip.flip(2)
    turned[..., 0::2].neg_()  # modulo 256, which takes 128 + v to 128 - v
    return turned


def stacks(view: View, stack: int, frames: int) -> NDArray[np.int64]:
    """Numbers (T, L) of the fields of a view, of a video of `frames` frames; field n is from n to n + 1."""
    numbers = np.asarray(view.frames, np.int64)[:, None] + np.arange(stack)
    return np.minimum(numbers, frames - 2)


def fields(
    numbers: Iterable[int], frames: dict[int, Pixels], spec: FlowSpec, estimate: Estimator
) -> dict[int, Pixels]:
    """The quantised fields (H, W, 2) of `numbers`. frames: RGB (H, W, 3) by number, all that are needed.

    A `UserError` where OpenCV gives no flow of frames of this size.
    """
    import cv2

    grey: dict[int, Any] = {n: cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for n, frame in frames.items()}
    made = {}
    for number in numbers:
        try:
            motion = estimate(grey[number], grey[number + 1])
        except cv2.error as error:
            height, width = grey[number].shape
            raise UserError(
                f"OpenCV's {spec.algorithm} gives no flow of frames of {width}x{height} px: "
                f"{str(error).strip().splitlines()[-1]}"
            ) from None
        made[number] = quantised(motion, spec.bound)
    return made


def place(clip: Pixels, view: View, numbers: NDArray[np.int64], made: dict[int, Pixels]) -> None:
    """Writes the crops of the fields into the clip (T, H, W, 2 L)."""
    left, top, width, height = view.box
    for at, row in enumerate(numbers):
        for level, number in enumerate(row):
            field = made[int(number)][top : top + height, left : left + width]
            clip[at, :, :, 2 * level : 2 * level + 2] = field
