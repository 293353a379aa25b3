"""The input of a stream: frames and pixels of its clips. Torch-free, so that lists and tables start fast."""

from dataclasses import dataclass

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
KINETICS_MEAN = (0.43216, 0.394666, 0.37645)
KINETICS_STD = (0.22803, 0.22145, 0.216989)
HALF = (0.5, 0.5, 0.5)
GREY = ((0.45, 0.45, 0.45), (0.225, 0.225, 0.225))  # mean, std of PyTorchVideo and SlowFast


@dataclass(frozen=True)
class FlowSpec:
    """How optical flow is computed and stacked.

    algorithm: "dis", "farneback" or "tvl1". bound: pixels at the stream's resolution to which motion is
    clipped. stack: fields that make one "frame" of a clip, so that it has 2 x stack channels.
    """

    algorithm: str = "dis"
    bound: float = 20.0
    stack: int = 1


@dataclass(frozen=True)
class InputSpec:
    """Frames and pixels of one clip.

    frames: frames per clip (T). stride: video frames from one clip frame to the next (1 = consecutive).
    short_side: range of the short side in pixels that training draws from, both ends included.
    test_short_side: the short side in testing. crop: side of the square crop in pixels.
    mean, std: per channel, of pixels in [0, 1]. modality: "rgb", or "flow", computed as `flow` says.
    """

    frames: int
    stride: int
    short_side: tuple[int, int]
    test_short_side: int
    crop: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    modality: str = "rgb"
    flow: FlowSpec = FlowSpec()

    @property
    def channels(self) -> int:
        return 2 * self.flow.stack if self.modality == "flow" else 3


# MBD 4.1.1: consecutive frames, short side 128, crop 112; stride 8, short side 256–320, crop 224.
LOCAL = InputSpec(16, 1, (128, 128), 128, 112, KINETICS_MEAN, KINETICS_STD)
GLOBAL = InputSpec(16, 8, (256, 320), 256, 224, IMAGENET_MEAN, IMAGENET_STD)
