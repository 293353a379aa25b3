"""Libraries, decoder and devices, tried in a process of their own: what is broken in them may end a process.

    python -P -m harness.doctor.probe DEVICE PRECISION

Prints a line of JSON before each step and one of its finding after it, so that a step that ends the process
is known.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError, error_line
from backbones.base.installed import skip_unreadable
from harness.doctor.finding import Finding

LIBRARIES = {
    "numpy": "numpy",
    "av": "av",
    "cv2": "opencv-python-headless",
    "torch": "torch torchvision",
    "torchvision": "torch torchvision",
    "timm": "timm",
    "transformers": "transformers",
    "lightning_fabric": "lightning-fabric",
}
NEEDED = ("h264", "mpeg4")  # to read generated clips and most data sets
COMMON = ("hevc", "vp9", "av1", "mpeg2video", "mjpeg", "vp8", "wmv2", "theora")
SIZE, FRAMES, GREY = (64, 48), 8, 128  # of the clip that is written and read


def steps(device: str, precision: str) -> Iterator[tuple[str, Callable[[], Finding]]]:
    """Each with its name."""
    for name in LIBRARIES:
        yield f"import {name}", partial(library, name)
    yield "decoder", decoder
    yield "device", partial(chosen, device, precision)
    for kind in ("cpu", "cuda"):
        for digits in ("float32", "bfloat16"):
            yield f"{kind} {digits}", partial(self_test, kind, digits)


def library(name: str) -> Finding:
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        # Libraries compiled for another machine raise whatever comes to them, SystemExit too.
        said = (
            f"{name} cannot be imported: {error_line(error) if isinstance(error, Exception) else repr(error)}"
        )
        return Finding(f"import {name}", "error", said, _reinstall(name, said))
    return Finding(f"import {name}", "ok", str(getattr(module, "__version__", "")))


def _reinstall(name: str, said: str) -> str:
    if "nms" in said or name in ("torch", "torchvision"):
        return "from one index, in one command: pip install --force-reinstall torch torchvision"
    return f"pip install --force-reinstall {LIBRARIES[name]}"


def decoder() -> Finding:
    """A clip is written and read again; which codecs there are."""
    import av

    remedy = "pip install --force-reinstall av, without --no-binary: its wheels carry FFmpeg"
    lacking = [name for name in NEEDED if name not in av.codecs_available]
    if lacking:
        return Finding("decoder", "error", f"PyAV {av.__version__} has no {', '.join(lacking)}", remedy)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder) / "clip.mp4")
            count, grey = _read(Path(folder) / "clip.mp4")
    except (UserError, OSError, ValueError) as error:
        return Finding(
            "decoder", "error", f"a clip could not be written and read: {error_line(error)}", remedy
        )
    if count != FRAMES or abs(grey - GREY) > 2:
        said = f"{FRAMES} frames of grey {GREY} were written; {count} of grey {grey:.0f} were read"
        return Finding("decoder", "error", said, remedy)
    others = [name for name in COMMON if name not in av.codecs_available]
    if others:
        said = f"PyAV {av.__version__} cannot read {', '.join(others)}"
        return Finding("decoder", "warning", said, f"if your videos have them: {remedy}")
    return Finding("decoder", "ok", f"PyAV {av.__version__} reads {', '.join((*NEEDED, *COMMON))}")


def _write(path: Path) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("mpeg4", rate=25)
        stream.width, stream.height = SIZE
        picture = np.full((SIZE[1], SIZE[0], 3), GREY, np.uint8)
        for _ in range(FRAMES):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))


def _read(path: Path) -> tuple[int, float]:
    """(frames, mean of their pixels), by the reader of every run."""
    from harness.data.video.decode import VideoFile

    with VideoFile(path) as file:
        images = file.images(list(range(file.frames)))
        return len(images), float(images.mean())


def chosen(device: str, precision: str) -> Finding:
    """What a run would compute on, and in which precision."""
    from harness.training import device as devices

    try:
        found = devices.choose(device, precision)
    except UserError as error:
        return Finding("device", "error", str(error), "or start runs with --device cpu --precision fp32")
    said = f"{found.kind}, precision {found.precision}: {found.why}"
    return Finding("device", "ok", said)


def self_test(kind: str, digits: str) -> Finding:
    """A convolution of ones, forward and backward: sums of 27 and of 4 ones, exact in every precision."""
    import torch

    name = f"{kind} {digits}"
    if kind == "cuda" and not torch.cuda.is_available():
        return Finding(name, "ok", "no GPU that this torch can use")
    dtype = getattr(torch, digits)
    where = torch.cuda.get_device_name(0) if kind == "cuda" else kind
    try:
        clip = torch.ones(1, 1, 3, 4, 4, device=kind, dtype=dtype)
        weight = torch.ones(1, 1, 3, 3, 3, device=kind, dtype=dtype, requires_grad=True)
        out = torch.nn.functional.conv3d(clip, weight)
        (gradient,) = torch.autograd.grad(out.sum(), weight)
        values = (
            {float(value) for value in out.detach().flatten()},
            {float(value) for value in gradient.flatten()},
        )
    except RuntimeError as error:
        return Finding(name, _state(digits), f"{where}: {error_line(error)}", _without(kind, digits))
    if values != ({27.0}, {4.0}):
        said = f"{where} computes {sorted(values[0])} and {sorted(values[1])}; expected 27 and 4"
        return Finding(name, "error", said, _without(kind, digits))
    return Finding(name, "ok", f"{where}: forward and backward as expected")


def _state(digits: str) -> Any:
    """Without bfloat16 a run takes float32."""
    return "error" if digits == "float32" else "warning"


def _without(kind: str, digits: str) -> str:
    if digits == "bfloat16":
        return "give --precision fp32"
    return "give --device cpu, and update the driver" if kind == "cuda" else "reinstall torch"


def main() -> None:
    """The findings of all steps, as lines of JSON; at last, that none is under way."""
    device, precision = sys.argv[1:]
    skip_unreadable()  # as the command line does
    for name, step in steps(device, precision):
        print(json.dumps({"begun": name}), flush=True)
        try:
            found = step()
        except Exception as error:
            said = f"{type(error).__name__}: {error_line(error)}"
            found = Finding(name, "error", said, "reinstall what it names")
        print(json.dumps(vars(found)), flush=True)
    print(json.dumps({"begun": ""}), flush=True)
    os._exit(0)  # freeing torch's objects takes seconds


if __name__ == "__main__":
    main()
