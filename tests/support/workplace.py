"""Where the commands of the pages are run: a folder with a finished run, generated clips and a video."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.cli.main import main
from harness.data.registry import open_index
from harness.record.folder import RunFolder
from support.places import ROOT

# Of generated clips, as few as there can be; of networks, narrow ones: no number is looked at here.
FEW_CLIPS = ("data.train_per_class=1", "data.test_per_class=1", "data.length=168")
NARROW = ("local.width=0.125", "global.width=0.125")
LINKED = ("results/measured", "scripts/examples")


@dataclass
class Workplace:
    """A folder to run commands in. made: id of the finished run of each command that was really run.

    videos: class folders in train/ and test/, and list.csv. subjects: videos as
    `scripts/examples/subjects.py` wants them. run: id of a finished run in runs/, whose fusion rules were
    fitted.
    """

    folder: Path
    videos: Path
    subjects: Path
    run: str
    made: dict[str, str] = field(default_factory=dict)

    @property
    def video(self) -> Path:
        return next(self.videos.glob("test/*/*.mp4"))


def call(words: list[str]) -> int:
    """The exit code of a command line, in this process."""
    try:
        main(words)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def make(folder: Path, cache: Path, run: Callable[..., RunFolder]) -> Workplace:
    """cache: of generated clips. run: makes a tiny run, as `make_tiny` of tests/conftest.py."""
    index = open_index("localglobal", cache, None, dict(parse(FEW_CLIPS)))
    shutil.copytree(cache, folder / "CLIPS")  # so that nothing is encoded again
    videos, subjects = folder / "videos", folder / "subjects"
    subjects.mkdir()
    for number, video in enumerate((*index.train, *index.test)):
        name = f"{('local', 'global')[number % 2]}/{number}.mp4"
        path = videos / ("test" if number % 8 > 5 else "train") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(video.path, path)
        shutil.copy(video.path, subjects / f"{('anna', 'ben')[number // 2 % 2]}_{name.replace('/', '_')}")
    rows = [f"{path.relative_to(videos)},{path.parent.name}" for path in sorted(videos.glob("*/*/*.mp4"))]
    (videos / "list.csv").write_text("\n".join(rows))
    for name in LINKED:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    made = run(
        "data.dataset=folder",
        "data.split=auto",
        "fit.share=0.5",
        "train.epochs=1",
        data_root=videos,
        out=folder / "runs",
    )
    return Workplace(folder, videos, subjects, made.id)


def parse(pairs: Sequence[str]) -> Iterator[tuple[str, int]]:
    for pair in pairs:
        key, _, value = pair.removeprefix("data.").partition("=")
        yield key, int(value)
