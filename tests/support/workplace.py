"""Where the commands of the pages are run: a folder with a finished run, generated clips and a video."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from backbones.building import find
from backbones.contract import Backbone
from harness.cli.main import main
from harness.config.schema import StreamConfig
from harness.data.registry import open_index
from harness.training.streams.build import build_stream
from results.paper_check.skeleton import write as write_paper
from support.pages import blocks
from support.places import ROOT

# Of generated clips, as few as there can be; of networks, narrow ones: no number is looked at here.
FEW_CLIPS = (
    *("data.train_per_class=1", "data.test_per_class=1", "data.fit_per_class=1"),
    "data.validation_per_class=1",
    "data.seed=0",  # of every pair, so that all are on the clips that are made once
)
SMALL_CLIPS = ("data.size=48", "data.length=144", "data.lead=0")  # the smallest that are made
NARROW = ("local.width=0.125", "global.width=0.125")
LINKED = ("results/measured", "scripts/examples", "studies")


@dataclass
class Workplace:
    """A folder to run commands in. made: id of the finished run of each command that was really run.

    videos: class folders in train/ and test/, and list.csv. subjects: the same videos, named as
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


def make(folder: Path, cache: Path, streams: Sequence[str]) -> Workplace:
    """cache: of generated clips. streams: `--set` pairs of small networks for the finished run."""
    index = open_index("localglobal", cache, None, dict(_data_settings(FEW_CLIPS)))
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
    write_paper(folder / "my_paper")
    (folder / "my.yaml").write_text("extends: tiny\nmethod: {name: mbd}\ntrain: {lr: 0.02}\n")
    (plan,) = [each for each in blocks() if each.text.startswith("pairs: 2\n")]
    (folder / "small.yaml").write_text(plan.text)
    (folder / "small" / "records").mkdir(parents=True)  # as the page's `study run` leaves it
    return Workplace(folder, videos, subjects, _finished(folder / "runs", videos, streams))


def _finished(out: Path, videos: Path, streams: Sequence[str]) -> str:
    """The id of a short run on the videos, half of which fusion rules are fitted on."""
    rules = ("fit.rules=all", "fit.share=0.5", "fusion.conv3d.steps=3", "fusion.bilinear.width=32")
    few = (*streams, "train.epochs=1", *rules)
    data = ["--dataset", "folder", "--data-root", str(videos), "--out", str(out), "--workers", "0"]
    assert call(["run", "--method", "mbd", "--from-scratch", "--device", "cpu", *data, *pairs(few)]) == 0
    (record,) = out.glob("*/record.json")
    return record.parent.name


def built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that ask for the same network get copies of one: building is a third of a dry run."""
    monkeypatch.setattr("harness.training.streams.build.build_stream", _copied)


def _copied(stream: StreamConfig, classes: int, **over: Any) -> Backbone:
    find(stream.backbone)  # refuses one of a plug-in that was unloaded since
    key = stream.model_dump_json(), classes, repr(over), str(torch.get_default_device())
    if key not in _BUILT:
        _BUILT[key] = build_stream(stream, classes, **over)
    return copy.deepcopy(_BUILT[key])


_BUILT: dict[tuple[object, ...], Backbone] = {}


def undrawn(figure: object, path: Path, shape: str) -> str:
    """In place of `results.figures.parts.style.save`, most of a report's time; tests/results draws."""
    path.write_text(f"{figure} as {shape}")
    return ""


def pairs(settings: Iterable[str]) -> list[str]:
    """As the command line takes them."""
    return [word for setting in settings for word in ("--set", setting)]


def _data_settings(settings: Sequence[str]) -> Iterator[tuple[str, int]]:
    for pair in settings:
        key, _, value = pair.removeprefix("data.").partition("=")
        yield key, int(value)
