"""UT-Interaction: 120 segmented clips of six interactions (Ryoo & Aggarwal, SDHA contest, ICPR 2010).

Class folders with `set<S>_seq<NN>_<id>.avi`; set 1 (sequences 1-10) is a parking lot, set 2 (11-20) a lawn.
The official protocol leaves one sequence out inside each set; set against set is harder, across scenes.
"""

from __future__ import annotations

import re
from pathlib import Path

from backbones.base.errors import UsageError, UserError, suggestion
from harness.data.index import Video, VideoIndex
from harness.data.index_checks import Report, existing_root, fingerprint, is_video

CLASSES = ("hand_shaking", "hugging", "kicking", "pointing", "punching", "pushing")
SEQUENCES = {1: range(1, 11), 2: range(11, 21)}
SPLITS = (
    "set1-set2",
    "set2-set1",
    *(f"set{s}-seq{n:02d}" for s, numbers in SEQUENCES.items() for n in numbers),
)
# Every sequence shows each interaction once, but 6 has no punching and 8 has two.
_UNUSUAL = {6: 5, 8: 7}
_NAME = re.compile(r"set(?P<set>[12])_seq(?P<sequence>\d\d)_\d+")


def index(root: Path | None, split: str) -> VideoIndex:
    """The clips under `root` in one of SPLITS; groups are the sequences, flip is allowed.

    "set1-set2" trains on set 1 and tests on set 2; "set1-seq03" tests on sequence 3 and trains on the other
    nine of set 1. Raises UsageError for an unknown split, UserError where the folder has no such clips.
    """
    if split not in SPLITS:
        hint = suggestion(split, list(SPLITS)) or ";"
        raise UsageError(
            f"ut-interaction has no split '{split}'{hint} expected set1-set2, set2-set1, "
            "set1-seq01 to set1-seq10 or set2-seq11 to set2-seq20"
        )
    videos = _videos(existing_root("ut-interaction", root))
    train_on, test_on = _sequences(split)
    train = tuple(v for v in videos if _sequence(v) in train_on)
    test = tuple(v for v in videos if _sequence(v) in test_on)
    return VideoIndex(
        dataset="ut-interaction",
        split=split,
        classes=CLASSES,
        train=train,
        test=test,
        fingerprint=fingerprint(CLASSES, train, test, named_groups=True),
        expected={"train": _count(train_on), "test": _count(test_on)},
        warnings=tuple(_shortages(videos)),
    )


def _videos(root: Path) -> list[Video]:
    files = [path for name in CLASSES for path in sorted((root / name).glob("*")) if is_video(path)]
    named = [path for path in files if _NAME.fullmatch(path.stem)]
    if not named:
        raise UserError(
            f"ut-interaction: no clips in '{root}'; expected folders {', '.join(CLASSES)} "
            "with files like set1_seq01_4.avi"
        )
    return [_video(root, path) for path in named]


def _video(root: Path, path: Path) -> Video:
    return Video(
        id=path.relative_to(root).as_posix(),
        path=path,
        label=CLASSES.index(path.parent.name),
        group=path.stem.rpartition("_")[0],
    )


def _sequence(video: Video) -> int:
    return int(video.id.rpartition("seq")[2][:2])


def _sequences(split: str) -> tuple[set[int], set[int]]:
    """Sequences to train and to test on."""
    first, second = split.split("-")
    own = set(SEQUENCES[int(first[-1])])
    if second.startswith("set"):
        return own, set(SEQUENCES[int(second[-1])])
    left_out = int(second[-2:])
    return own - {left_out}, {left_out}


def _count(sequences: set[int]) -> int:
    return sum(_UNUSUAL.get(sequence, len(CLASSES)) for sequence in sequences)


def _shortages(videos: list[Video]) -> list[str]:
    report = Report("ut-interaction")
    found = {name: sum(v.label == label for v in videos) for label, name in enumerate(CLASSES)}
    odd = [f"{name} has {count} of 20" for name, count in found.items() if count != 20]
    if odd:
        report.problem("warn", f"{len(videos)} clips instead of 120", odd, "is the copy complete?")
    return report.warnings
