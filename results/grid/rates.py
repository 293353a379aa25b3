"""GPUs by their published rates, and data sets by their published sizes. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.errors import UsageError, suggestion


@dataclass(frozen=True)
class Gpu:
    """tflops: peak of dense bfloat16 matrix products with sums in float32, as its maker states it."""

    name: str
    tflops: float
    source: str


# Share of the published rate that a training step reaches. Measured: a step of mbd under the preset `paper`
# in bf16, 32 videos, on one H100 (results/measured/speed/gpu.txt): 168 TFLOP/s of 989. For the other GPUs
# it is an assumption, and lines that show it say where it was measured.
UTILISATION = 0.17
GPUS = {
    "h100": Gpu("H100 SXM", 989.4, "NVIDIA H100 Tensor Core GPU data sheet"),
    "h200": Gpu("H200 SXM", 989.4, "NVIDIA H200 Tensor Core GPU data sheet"),
    "a100": Gpu("A100", 312.0, "NVIDIA A100 Tensor Core GPU data sheet"),
    "4090": Gpu("GeForce RTX 4090", 165.2, "NVIDIA Ada GPU architecture white paper, appendix A"),
}


@dataclass(frozen=True)
class Videos:
    """train, test: videos of one split. splits: official ones, each of which is trained and tested.

    gb: of a copy as it is used for training. source: of the counts, then of the size.
    """

    train: int
    test: int
    splits: int
    gb: float
    source: str


VIDEOS = {
    "kinetics400": Videos(240_436, 19_796, 1, 135, "the copies of MMAction2 (videos) and PaddleVideo (size)"),
    "ssv2": Videos(168_913, 24_777, 1, 19.4, "official lists (train, validation); size as its owner states"),
    "ucf101": Videos(9_537, 3_783, 3, 6.5, "official lists, split 1; size of UCF101.rar"),
    "hmdb51": Videos(3_570, 1_530, 3, 2.0, "official lists, split 1; size of hmdb51_org.rar"),
}


def gpu(name: str) -> Gpu:
    """The GPU of that name; a `UsageError` where it is not known."""
    if name not in GPUS:
        raise UsageError(f"no GPU '{name}'{suggestion(name, list(GPUS)) or ';'} expected {', '.join(GPUS)}")
    return GPUS[name]
