"""The data sets by name (torch-free)."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backbones.base.errors import UsageError, suggestion
from backbones.base.registry import Registry, load
from harness.data.index import VideoIndex


@dataclass(frozen=True)
class DatasetEntry:
    """A data set by name.

    builder: "module:function" taking (root: Path | None, split: str, **settings), giving a VideoIndex.
    splits: the splits it knows, the first is the default ("..." ends an open list).
    needs_root: whether `--data-root` must be given. caveat: what no result on it can decide.
    parts: the parts that the data set itself has; its builder takes `parts` where it can leave some out.
    drawn: whether its setting `seed` draws other videos.
    """

    name: str
    builder: str
    summary: str
    source: str
    splits: tuple[str, ...]
    needs_root: bool = True
    caveat: str = ""
    parts: tuple[str, ...] = ("train", "test")
    drawn: bool = False


# What builders take besides a user's settings.
NO_SETTINGS = ("root", "split", "workers", "progress", "parts", "draw")


def _folder_hint(name: str) -> str:
    """Where a folder was named in the place of a data set."""
    there = Path(name).is_dir()
    return f"; for the videos in it give --dataset folder --data-root {shlex.quote(name)};" * there


DATASETS: Registry[DatasetEntry] = Registry("data set", "datasets", _folder_hint)


@cache  # tables resolve hundreds of configurations
def setting_defaults(name: str) -> dict[str, Any]:
    """The settings of the data set `name` that have a default, with it."""
    parameters = inspect.signature(load(DATASETS.get(name).builder)).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty and p.name not in NO_SETTINGS}


def open_index(
    name: str,
    root: Path | None,
    split: str | None,
    settings: dict[str, Any],
    parts: Collection[str] = ("train", "test"),
    *,
    draw: bool = True,
) -> VideoIndex:
    """The index of the data set `name`; a `UserError` says in one line what is wrong with it.

    parts: those that are needed; a data set that makes its videos makes no others. draw: whether it makes
    those that are not there; else they are counted (`VideoIndex.undrawn`). A `UsageError` where the data set
    has no such setting.
    """
    entry = DATASETS.get(name)
    builder = load(entry.builder)
    taken = [p.name for p in inspect.signature(builder).parameters.values() if p.kind is not p.VAR_KEYWORD]
    known = [setting for setting in taken if setting not in NO_SETTINGS]
    for setting in settings:
        if setting not in known:
            says = f"its settings are {', '.join(known)}" if known else "it has none"
            raise UsageError(f"{name} has no setting '{setting}'{suggestion(setting, known) or ';'} {says}")
    asked = {name: value for name, value in (("parts", parts), ("draw", draw)) if name in taken}
    return builder(root=root, split=split or entry.splits[0], **settings, **asked)


DATASETS.add(
    DatasetEntry(
        name="localglobal",
        builder="harness.data.sets.localglobal:index",
        summary="generated clips whose truth is known; needs no download",
        source="this project",
        splits=("standard",),
        needs_root=False,
        parts=("train", "validation", "fit", "test"),
        drawn=True,
        caveat="generated clips: they show how a method behaves where the truth is known; "
        "they decide no claim about accuracy on real actions",
    )
)
DATASETS.add(
    DatasetEntry(
        name="folder",
        builder="harness.data.sets.folder:index",
        summary="class folders, or a CSV / text list of path, label and optionally group and split",
        source="your own videos",
        splits=("auto", "test", "val"),
    )
)
DATASETS.add(
    DatasetEntry(
        name="ut-interaction",
        builder="harness.data.sets.ut_interaction:index",
        summary="UT-Interaction, 120 segmented clips of 6 interactions",
        source="Ryoo & Aggarwal, ICPR 2010 contest (SDHA)",
        splits=("set1-set2", "set2-set1", "set1-seq01", "...", "set2-seq20"),
    )
)
DATASETS.add(
    DatasetEntry(
        name="ucf101",
        builder="harness.data.sets.ucf101:index",
        summary="UCF101, 13,320 clips of 101 actions; official splits",
        source="Soomro, Zamir & Shah, CRCV-TR-12-01, 2012",
        splits=("1", "2", "3"),
    )
)
DATASETS.add(
    DatasetEntry(
        name="hmdb51",
        builder="harness.data.sets.hmdb51:index",
        summary="HMDB51, 6,766 clips of 51 actions; official splits",
        source="Kuehne et al., ICCV 2011",
        splits=("1", "2", "3"),
    )
)
DATASETS.add(
    DatasetEntry(
        name="kinetics400",
        builder="harness.data.sets.kinetics400:index",
        summary="Kinetics-400, clips of 400 actions by the official CSV files; missing videos are counted",
        source="Kay et al., arXiv 1705.06950, 2017",
        splits=("val", "test"),
    )
)
DATASETS.add(
    DatasetEntry(
        name="ssv2",
        builder="harness.data.sets.ssv2:index",
        summary="Something-Something V2, 193,690 labelled clips of 174 actions; never flipped",
        source="Goyal et al., ICCV 2017",
        splits=("validation",),
    )
)
