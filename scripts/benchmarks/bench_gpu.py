"""A GPU's share of the work: training steps and test views against the rate of its matrix units.

    .venv/bin/python scripts/benchmarks/bench_gpu.py [--repeats 6]

Multiply-adds are counted (`harness profile`); a training step is taken for three forward passes, of two
operations each. The rate is that of a product of two 8192 x 8192 matrices on the same card, in the same run.
What several runs at once give (`--per-gpu`) is measured by bench_gpu_runs.py, determinism by
bench_determinism.py, `--compile` by bench_compile.py.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench_train_step import CLASSES, batch_of, trainer_step

from harness.config.resolve import resolve
from harness.cost.count import count
from harness.data.clips.transform import normalise
from harness.training.device import Device
from harness.training.distributed.processes import allow_tf32
from harness.training.precision import autocast, clip_dtype
from harness.training.streams.build import Streams, make

SIDE, TERA, VIDEOS = 8192, 1e12, 2
STEPS = (("paper", "bf16", 32), ("paper", "fp32", 16), ("small", "bf16", 16), ("tiny", "fp32", 16))
Work = Callable[[], object]


@click.command()
@click.option("--repeats", default=6, show_default=True)
def main(repeats: int) -> None:
    if not torch.cuda.is_available():
        raise click.ClickException("no GPU that this torch can use")
    click.echo(f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}")
    bf16, plain = rate(torch.bfloat16, repeats), rate(torch.float32, repeats)
    allow_tf32(Device("cuda", "fp32", ""))
    rates = {"bf16": bf16, "fp32": rate(torch.float32, repeats)}
    click.echo(f"products: bf16 {bf16:.0f} TFLOP/s, TF32 {rates['fp32']:.0f}, without TF32 {plain:.0f}")
    for preset, precision, videos in STEPS:
        show_step(preset, precision, videos, rates[precision], repeats)
    for precision in ("bf16", "fp32"):
        show_test(precision, repeats)


def rate(dtype: torch.dtype, repeats: int) -> float:
    """TFLOP/s of a matrix product as this process computes it."""
    first, second = (torch.randn(SIDE, SIDE, device="cuda", dtype=dtype) for _ in range(2))
    median, *_ = seconds(lambda: first @ second, repeats)
    return 2 * SIDE**3 / median / TERA


def show_step(preset: str, precision: str, videos: int, best: float, repeats: int) -> None:
    config = resolve(preset, {"method": {"name": "mbd"}}, [f"train.batch_size={videos}"])
    streams = make(config, CLASSES)
    streams.method.to("cuda")
    work = 6 * videos * sum(macs(streams).values()) / TERA
    step = trainer_step(streams, config, Device("cuda", precision, ""), batch_of(streams, videos))
    median, least, most = seconds(step, repeats)
    click.echo(
        f"step of {preset}, {precision}, {videos} videos: {1e3 * median:.1f} ms ({1e3 * least:.1f} to "
        f"{1e3 * most:.1f}), {work / median:.1f} TFLOP/s, {work / median / best:.1%} of the products' rate; "
        f"{torch.cuda.max_memory_allocated() / 1e9:.0f} GB"
    )
    torch.cuda.reset_peak_memory_stats()


def show_test(precision: str, repeats: int) -> None:
    """The paper's 10 x 3 views of both streams, of a few videos at once."""
    config = resolve("paper", {"method": {"name": "mbd"}}, [])
    streams = make(config, CLASSES)
    streams.method.to("cuda").eval()
    views = config.test.crops * config.test.local_clips
    clips = {
        name: torch.randint(
            256, (views * VIDEOS, s.frames, s.crop, s.crop, s.channels), dtype=torch.uint8, device="cuda"
        )
        for name, s in streams.specs.items()
    }

    def test() -> None:
        with torch.inference_mode(), autocast("cuda", precision):
            for name, spec in streams.specs.items():
                pixels = normalise(clips[name], spec.mean, spec.std, clip_dtype(precision))
                streams.method.streams[name](pixels)

    median, *_ = seconds(test, repeats)
    click.echo(f"test of paper, {precision}, {views} + {views} views: {VIDEOS / median:.1f} videos/s")


def macs(streams: Streams) -> dict[str, int]:
    return {name: count(network, cross_check=False).macs for name, network in streams.method.streams.items()}


def seconds(work: Work, repeats: int) -> tuple[float, float, float]:
    """(median, least, most) of one call, each waited for; the first two are warm-up."""
    taken = []
    for number in range(repeats + 2):
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        if number > 1:
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken), min(taken), max(taken)


if __name__ == "__main__":
    main()
