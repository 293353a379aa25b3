"""Where a leak is tried: a few videos, a finished run that was trained on them, and the start of the next."""

from __future__ import annotations

import io
import os
import re
import shutil
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from rich.console import Console

from backbones.base.errors import UserError
from harness.config.resolve import resolve
from harness.console.console import RunConsole
from harness.execution.execute import execute
from harness.execution.job import Launch

SMALL = (
    *("local.backbone=r2plus1d18", "local.width=0.03125", "local.frames=4", "local.crop=32"),
    *("local.short_side=[32,32]", "local.test_short_side=32", "test.local_clips=1", "test.global_clips=1"),
    *("global.backbone=vtn:resnet10t", "global.frames=4", "global.stride=2", "global.crop=32"),
    *("global.width=0.125", "global.short_side=[32,32]", "global.test_short_side=32"),
    *("train.batch_size=2", "train.epochs=1", "fit.rules=own"),
)
CLASSES = ("jump", "run")
TRAINED, TESTED = [f"{c}/{n}" for c in CLASSES for n in "012"], [f"{c}/{n}" for c in CLASSES for n in "34"]
SIZE = 2**16  # bytes of each clip
UNTESTED = ("test.part=none",)  # the base's own setting


@dataclass
class Place:
    """folder: has videos in `clips/<class>/<number>.mp4` and runs in `runs/`. base: the run's id.

    The run was trained on the videos TRAINED and tested on none.
    """

    folder: Path
    base: str = ""

    @classmethod
    def make(cls, folder: Path) -> Place:
        place = cls(folder)
        for number, name in enumerate((*TRAINED, *TESTED)):
            write_clip(folder / "clips" / f"{name}.mp4", number)
        place.start(place.lists(TRAINED, TESTED), *UNTESTED, dry=False)
        (run,) = (path.parent for path in folder.glob("runs/*/record.json"))
        place.base = run.name
        return place

    def copy(self, folder: Path) -> Place:
        """With the files' times, as another disk has them."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Place(folder, self.base)

    @property
    def clips(self) -> Path:
        return self.folder / "clips"

    @property
    def run(self) -> Path:
        """Of the base."""
        return self.folder / "runs" / self.base

    def video(self, name: str) -> Path:
        return self.clips / file_name(name)

    def lists(self, trained: Sequence[str], tested: Sequence[str], before: str = "") -> dict[str, str]:
        """Settings of lists of these videos. before: what each path begins with."""
        settings = {}
        for part, names in (("train", trained), ("test", tested)):
            path = self.folder / f"{part}.csv"
            rows = [f"{before}{file_name(name)},{name.split('/')[0]}" for name in names]
            path.write_text("\n".join(["path,label", *rows]) + "\n")
            settings[f"data.{part}_list"] = str(path)
        return settings

    def start(
        self, settings: Mapping[str, str], *pairs: str, root: Path | None = None, dry: bool = True
    ) -> str:
        """What a run says: warnings, or the line that it ends with."""
        given = [*SMALL, *(f"{name}={value}" for name, value in settings.items()), *pairs]
        stream, console = io.StringIO(), RunConsole(json=True)
        console.rich = Console(file=stream, width=1000)
        try:
            config = resolve("tiny", {"method": {"name": "two_stream"}, "data": {"dataset": "folder"}}, given)
            out = self.folder / "runs"
            execute(config, Launch(root or self.clips, out, "cpu", workers=0, dry_run=dry), console)
        except UserError as error:
            return f"error: {error}"
        except Exception as error:  # a line that nobody has foreseen counts as none
            return f"unexpected {type(error).__name__}"
        return "\n".join(re.findall(r"^warning: .*", stream.getvalue(), re.MULTILINE))


def file_name(name: str) -> str:
    """`jump/0` is a file of its own suffix; what has one, or ends in /, is taken as it is."""
    return name if "." in name or name.endswith("/") else f"{name}.mp4"


def write_clip(path: Path, number: int) -> None:
    """12 frames of noise, another for each number, in SIZE bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(number)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width = stream.height = 32
        for _ in range(12):
            picture = draw.integers(0, 255, (32, 32, 3), dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    rest = SIZE - path.stat().st_size
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", rest, b"free").ljust(rest, b"\0"))  # a box of MP4 that means nothing


def overwrite(path: Path, *, keep_times: bool = False) -> None:
    """Other bytes at the same size, into the same file."""
    content, found = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 255
    with path.open("r+b") as file:
        file.write(content)
    if keep_times:
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
