"""Where a clip is cut out of its video (pure functions of a key), and its normalisation on the device.

What is drawn depends on (seed, epoch, video id, stream) alone. The flip is drawn per video and epoch and
shared by the streams of a sample, which therefore see the same scene; start, scale and crop are drawn per
stream. The MBD paper flips the clips of each branch and leaves open whether a sample's branches share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from backbones.base.errors import UsageError
from backbones.spec import InputSpec
from harness.data.clips.sample import Key, Short, draw, test_indices, train_indices
from harness.data.video.decode import View

if TYPE_CHECKING:
    import torch


def scaled_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """(width, height) of a frame scaled to a short side, aspect ratio kept, the long side rounded down."""
    if width >= height:
        return max(width * short_side // height, short_side), short_side
    return short_side, max(height * short_side // width, short_side)


def train_view(spec: InputSpec, room: int, size: tuple[int, int], short: Short, key: Key) -> View:
    """One random clip: start, short side (uniform over the range) and crop.

    room: `places` of the video. size: its (width, height). key: (seed, epoch, video id, stream).
    """
    low, high = spec.short_side
    width, height = scaled_size(*size, low + draw(high - low + 1, *key, "scale"))
    left = draw(width - spec.crop + 1, *key, "left")
    top = draw(height - spec.crop + 1, *key, "top")
    frames = train_indices(room, spec.frames, spec.stride, short, (*key, "start"))
    return View(frames.tolist(), (width, height), (left, top, spec.crop, spec.crop))


def places(spec: InputSpec, length: int) -> int:
    """Where a frame of a clip can be in a video of `length` frames; of flow, a stack must begin there."""
    return max(length - frames_after(spec), 1)


def frames_after(spec: InputSpec) -> int:
    """Video frames that a frame of a clip needs after its own: those of its last flow field's stack."""
    return spec.flow.stack if spec.modality == "flow" else 0


def flipped(seed: int, epoch: int, video: str) -> bool:
    """Whether the clips of a video are mirrored in an epoch (probability 1/2), the same in all streams."""
    return bool(draw(2, seed, epoch, video, "flip"))


def test_views(
    spec: InputSpec, length: int, size: tuple[int, int], clips: int, crops: int, short: Short
) -> list[View]:
    """clips x crops views, those of one clip together: centre crop, or three along the longer side."""
    width, height = scaled_size(*size, spec.test_short_side)
    boxes = [(*corner, spec.crop, spec.crop) for corner in crop_corners(width, height, spec.crop, crops)]
    rows = test_indices(places(spec, length), spec.frames, spec.stride, clips, short).tolist()
    return [View(row, (width, height), box) for row in rows for box in boxes]


def crop_corners(width: int, height: int, crop: int, crops: int) -> list[tuple[int, int]]:
    """(left, top), in pixels: of the centre crop (1), or of left, middle, right on the longer side (3).

    A `UsageError` for any other number of crops.
    """
    left, top = (width - crop) // 2, (height - crop) // 2
    if crops == 1:
        return [(left, top)]
    if crops != 3:
        raise UsageError(f"{crops} test crops; 1 (centre) or 3 (left, middle, right) are possible")
    if width >= height:
        return [(at, top) for at in (0, left, width - crop)]
    return [(left, at) for at in (0, top, height - crop)]


def check_spec(stream: str, spec: InputSpec) -> None:
    """Raises UsageError where a crop does not fit into the scaled frames."""
    smallest = min(*spec.short_side, spec.test_short_side)
    if spec.crop > smallest or spec.short_side[0] > spec.short_side[1]:
        raise UsageError(
            f"{stream} stream: a crop of {spec.crop} px does not fit the short sides {spec.short_side} "
            f"(training) and {spec.test_short_side} (testing); make the short sides at least the crop"
        )


@lru_cache(maxsize=16)
def _row(
    mean: tuple[float, ...], std: tuple[float, ...], width: int, device: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Factor and summand of each number of a row of pixels, once for all clips.

    Of a whole row, since broadcasting along an innermost axis of C does not vectorise; kept, since a copy to
    a GPU waits for what it is doing.
    """
    import torch

    deviation = torch.tensor(std)
    scale, shift = 1 / (255 * deviation), -torch.tensor(mean) / deviation
    return scale.repeat(width).to(device), shift.repeat(width).to(device)


def normalise(
    clip: torch.Tensor, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype
) -> torch.Tensor:
    """Pixels as networks take them: (pixel / 255 - mean) / std, on the clip's device.

    clip: uint8 (B, T, H, W, C). Gives `dtype` (B, C, T, H, W) in channels_last_3d memory, which is the clip's
    own layout, so nothing is moved. The arithmetic is in float32 and rounded to `dtype` once.
    """
    import torch

    width, channels = clip.shape[-2:]
    scale, shift = _row(tuple(mean), tuple(std), width, str(clip.device))
    rows = clip.flatten(-2).to(torch.float32).mul_(scale).add_(shift)
    return rows.to(dtype).unflatten(-1, (width, channels)).permute(0, 4, 1, 2, 3)
