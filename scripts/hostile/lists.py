"""Lists of videos in the layouts that people have, each with the right answer; ambiguous ones are refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hostile.outcome import Tally, reading

Answer = list[tuple[str, str]]
CLASSES = ("brush hair", "jump", "run", "walk")
ENDS = {"": "\n", ", Windows": "\r\n", ", no last end": ""}


@dataclass(frozen=True)
class Video:
    path: str
    number: int
    name: str
    group: str
    frames: int
    row: int


# What names look like: the label's folder or none, blanks, commas, other alphabets, names that begin with #.
STYLES: dict[str, str] = {
    "plain": "{c}/v{n}.mp4",
    "flat": "v{n:04}.avi",
    "blanks": "my {c}/clip {n}.mp4",
    "blanks, other numbers of them": "my {c}/clip{b}{n}.mp4",
    "deep": "a/b/{c}/d/v{n}.mkv",
    "upper case": "{c}/V{n}.AVI",
    "UCF101": "{c}/v_{c}_g{g:02}_c{n:02}.avi",
    "HMDB51": "{c}/Clip_{c}_u_cm_np1_ba_med_{n}.avi",
    "numbers": "{k}/{n}.mp4",
    "dots": "{c}/v.{n}.part.mp4",
    "letters of others": "走/é{n}.mp4",
    "hash": "#{c}/v{n}.mp4",
    "signs": "{c}/v{n}-(x)_[y]&=+'.mp4",
}
FRAMES = {"frames": "{c}/v{n}", "frames, blanks": "my {c}/v {n}", "frames, flat": "v{n:05}"}


def videos(style: str, frames: bool = False) -> list[Video]:
    form, found = (FRAMES if frames else STYLES)[style], []
    for row in range(24):
        label, group = row % len(CLASSES), row // 6
        name = CLASSES[label]
        path = form.format(c=name.replace(" ", "_"), n=row, g=group, k=label, b=" " * (row % 3))
        found.append(Video(path, label, name, f"g{group}", 37 + 13 * row, row))
    return found


def quoted(text: str, delimiter: str) -> str:
    return '"' + text.replace('"', '""') + '"' if delimiter in text or '"' in text else text


def rows(form: str, delimiter: str = "", header: str = "") -> Callable[[list[Video]], str]:
    """A line for each video; `form` names its columns."""

    def made(found: list[Video]) -> str:
        lines = [header] if header else []
        for each in found:
            cells = vars(each) | {
                "split": "test" if each.row % 5 == 4 else "train",
                "word": each.name.replace(" ", "_"),
            }
            if delimiter:
                cells |= {key: quoted(str(value), delimiter) for key, value in cells.items()}
            lines.append(form.format(**cells))
        return "\n".join(lines) + "\n"

    return made


# name: (the layout, which field is the label)
VIDEO_LAYOUTS: dict[str, tuple[Callable[[list[Video]], str], str]] = {
    "mmaction2, SlowFast, pytorchvideo, VideoMAE": (rows("{path} {number}"), "number"),
    "SlowFast with commas": (rows("{path},{number}", ","), "number"),
    "tabs": (rows("{path}\t{number}", "\t"), "number"),
    "semicolons and names": (rows("{path};{name}", ";"), "name"),
    "header path,label": (rows("{path},{name}", ",", "path,label"), "name"),
    "header video,class,split": (rows("{path},{name},{split}", ",", "video,class,split"), "name"),
    "header filename,action,subject": (rows("{path},{name},{group}", ",", "filename,action,subject"), "name"),
    "pandas with an index": (rows("{row},{path},{name}", ",", ",path,label"), "name"),
    "index before": (rows("{row},{path},{name}", ","), "name"),
    "label before": (rows("{number},{path}", ","), "number"),
    "name before, tabs": (rows("{name}\t{path}", "\t"), "name"),
    "frames counted, header": (rows("{path},{frames},{number}", ",", "path,total_frames,label"), "number"),
    "frames counted": (rows("{path},{frames},{number}", ","), "number"),
    "comments": (rows("{path} {number}", header="# path label\n# made by hand"), "number"),
    "unknown header": (rows("{path};{name}", ";", "recording;what"), "name"),
}
FRAME_LAYOUTS = {
    "mmaction2 raw frames": (rows("{path} {frames} {number}"), "number"),
    "mmaction2 raw frames, offsets": (rows("{path} 0 {frames} {number}"), "number"),
    "VideoMAE V2 raw frames, commas": (rows("{path},{frames},{number}", ","), "number"),
    "frames, header": (rows("{path} {frames} {number}", header="frame_dir total_frames label"), "number"),
}
REFUSED = {
    "two columns like classes": rows("{path} {number} {number}"),
    "two columns of labels": rows("{path},{number},{row}x,{number}y", ","),
    "pre-training list": rows("{path} 0 -1"),
    "two headers of labels": rows("{path},{name},{word}", ",", "path,label,action"),
    "no videos": rows("{name},{group},{number}", ",", "label,group,number"),
    "two videos": rows("{path},{path},{number}", ","),
    "numbers and words": lambda found: rows("{path},{number}", ",")(found).replace(",3\n", ",three\n"),
    "label of a billion": lambda found: rows("{path},{number}", ",")(found) + "x/y.mp4,1000000000\n",
    "row without a label": lambda found: rows("{path},{number}", ",")(found) + "x/y.mp4\n",
    "row with a cell too many": lambda found: rows("{path},{number}", ",")(found) + "x/y.mp4,1,2\n",
    "quote left open": lambda found: rows("{path},{number}", ",")(found) + '"x/y.mp4,1\n',
    "unknown split": rows("{path},{number},left", ",", "path,label,split"),
    "nothing": lambda found: "",
    "only a header": lambda found: "path,label\n",
    "only comments": lambda found: "# path label\n# x\n",
}


def cases() -> Iterator[tuple[str, str, str, list[Video], str]]:
    """(kind, name, text, videos, field of the label or "" where it is to be refused)."""
    for styles, layouts, frames in ((STYLES, VIDEO_LAYOUTS, False), (FRAMES, FRAME_LAYOUTS, True)):
        for number, style in enumerate(styles):
            for at, (layout, (write, field)) in enumerate(layouts.items()):
                found = videos(style, frames)
                suffix, end = list(ENDS.items())[(number + at) % len(ENDS)]
                text = write(found)
                text = text.rstrip("\n") if not end else text.replace("\n", end)
                yield "read rightly", f"{layout}, {style}{suffix}", text, found, field
    for layout, write in REFUSED.items():
        for style in ("plain", "flat", "blanks"):
            yield "ambiguous or wrong: refused", f"{layout}, {style}", write(videos(style)), videos(style), ""


def try_lists(folder: Path, million: int = 1_000_000) -> dict[str, Tally]:
    """Each list with its videos on the disk."""
    tallies: dict[str, Tally] = {}
    for number, (kind, name, text, found, field) in enumerate(cases()):
        root = folder / str(number)
        for each in found:
            frames = "." not in Path(each.path).name
            path = root / each.path / "img_00001.jpg" if frames else root / each.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (root / "list.txt").write_bytes(text.encode())
        answer = [(each.path, str(vars(each)[field])) for each in found] if field else None
        tallies.setdefault(kind, Tally()).add(name, wrong(root, answer))
    if million:
        tallies["a million rows in ten seconds"] = Tally()
    for name, fault in large(folder, million) if million else ():
        tallies["a million rows in ten seconds"].add(name, fault)
    return tallies


def wrong(root: Path, answer: Answer | None) -> str:
    """What is wrong with how the list is read, or nothing. answer: what is right, None: to be refused."""
    from harness.data.sets import folder

    got: Answer = []

    def read() -> None:
        index = folder.index(root, annotations=root / "list.txt", holdout=0.25)
        both = {video.id: index.classes[video.label] for video in (*index.train, *index.test)}
        got.extend(both.items())

    outcome = reading(read)
    if outcome.broke:
        return outcome.broke
    if answer is None:
        return (
            "" if outcome.code and not outcome.fault() else f"read as {got[:2]}" if got else outcome.fault()
        )
    if outcome.code:
        return f"refused: {outcome.said.strip()}"
    return "" if sorted(got) == sorted(answer) else f"read as {sorted(set(got) - set(answer))[:2]}"


def large(folder: Path, count: int) -> Iterator[tuple[str, str]]:
    """Lists of a million rows, whose time of computing is taken."""
    from harness.data.lists.read import read_list

    forms = {
        "blanks": "c{k}/v{n}.mp4 {k}\n",
        "commas": "c{k}/v{n}.mp4,{k}\n",
        "frames": "c{k}/v{n} {f} {k}\n",
    }
    for name, form in forms.items():
        file = folder / "large.txt"
        with file.open("w") as target:
            target.writelines(form.format(n=n, k=n % 400, f=30 + n * 7 % 271) for n in range(count))
        begun = time.process_time()
        found = read_list(file, root=folder)
        took = time.process_time() - begun
        right = len(found.rows) == count and found.rows[-1].label == str((count - 1) % 400)
        print(f"{name}: {count} rows in {took:.1f} s")
        yield name, "" if right and took < 10 else f"{len(found.rows)} rows in {took:.1f} s"
