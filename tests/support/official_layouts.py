"""Made-up copies of data sets with official lists: their layouts on the disk, empty or tiny files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

UCF_CLASSES = ("Archery", "HandstandPushups", "YoYo")
# Two groups train, one tests.
UCF = {
    part: [
        f"{name}/v_{name.replace('ands', 'andS')}_g{group:02d}_c{clip:02d}"
        for name in UCF_CLASSES
        for group in groups
        for clip in (1, 2)
    ]
    for part, groups in {"train": (8, 9), "test": (1,)}.items()
}
HMDB_CLASSES = ("climb", "climb_stairs")
HMDB = {
    "climb": [("Rock_[!]_1", 1), ("Alps", 2), ("Rock_[!]_1", 1), ("Home_climb", 0)],
    "climb_stairs": [("Alps", 1), ("Tower (2)", 2), ("Alps", 1), ("Moon", 2)],
}
LAYOUTS = {
    "class folders": "{folder}/{stem}.avi",
    "mmaction2 videos": "videos/{folder}/{stem}.mp4",
    "flat": "{stem}.avi",
    "flat videos": "videos/{stem}.webm",
    "rawframes": "rawframes/{folder}/{stem}/img_00001.jpg",
    "flat rawframes": "{stem}/img_00001.jpg",
}


def place(root: Path, layout: str, names: Iterable[str]) -> Path:
    """Files that hold their own names, in one of LAYOUTS; names are `<folder>/<stem>`."""
    for name in names:
        folder, _, stem = name.rpartition("/")
        path = root / LAYOUTS[layout].format(folder=folder, stem=stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return root


def write_ucf_lists(folder: Path) -> Path:
    folder.mkdir(parents=True)
    numbers = {name: number for number, name in enumerate(UCF_CLASSES, 1)}
    # Windows line ends and no final one, as in the official files.
    ind = "\r\n".join(f"{number} {name}" for name, number in numbers.items())
    train = "\r\n".join(f"{name}.avi {numbers[name.split('/')[0]]}" for name in UCF["train"])
    (folder / "classInd.txt").write_text(ind)
    (folder / "trainlist01.txt").write_text(train)
    (folder / "testlist01.txt").write_text("".join(f"{name}.avi\r\n" for name in UCF["test"]))
    return folder


def hmdb_names() -> dict[str, int]:
    """`<class>/<stem>` and flag of each made-up clip."""
    return {
        f"{name}/{source}_{name}_f_cm_np{1 + 9 * (number == 3)}_ba_med_{number}": flag
        for name, clips in HMDB.items()
        for number, (source, flag) in enumerate(clips)
    }


def write_hmdb_lists(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in HMDB_CLASSES:
        rows = [
            (path.split("/")[1], flag) for path, flag in hmdb_names().items() if path.startswith(name + "/")
        ]
        (folder / f"{name}_test_split2.txt").write_text(
            "".join(f"{stem}.avi {flag} \n" for stem, flag in rows)
        )
    (folder / "brush_hair_test_split2.txt").write_text("")
    return folder
