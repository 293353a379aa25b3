"""CPU seconds for a list of a million videos: read alone, and as a data set whose files are on the disk.

python scripts/benchmarks/bench_lists.py [ROWS] [FILES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from backbones.base.imports import uncollected
from harness.data.lists.read import read_list
from harness.data.sets import folder

FORMS = {
    "blanks": "class_{label:03}/video {n}.mp4 {label}",
    "commas": "class_{label:03}/video {n}.mp4,{label},train",
    "raw frames": "class_{label:03}/video_{n} {frames} {label}",
    "index and quotes": '{n},"class_{label:03}/video, {n}.mp4",class {label}',
}


def seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def write(path: Path, form: str, rows: int) -> None:
    lines = (form.format(n=n, label=n * 400 // rows, frames=60 + n * 7 % 300) for n in range(rows))
    path.write_text("\n".join(lines))


def main(rows: int, files: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for form, line in FORMS.items():
            write(root / "list.txt", line, rows)
            with uncollected():
                took = seconds(lambda: read_list(root / "list.txt", root=root))
            print(f"{form:18} {rows} rows read in {took:.1f} s")
        write(root / "list.txt", FORMS["blanks"], files)
        for n in range(files):
            video = root / f"class_{n * 400 // files:03}" / f"video {n}.mp4"
            video.parent.mkdir(exist_ok=True)
            video.touch()
        took = seconds(lambda: folder.index(root, annotations=root / "list.txt"))
        print(f"{'data set':18} {files} files indexed in {took:.1f} s")


if __name__ == "__main__":
    main(*[int(text) for text in [*sys.argv[1:], *("1000000", "100000")[len(sys.argv) - 1 :]]])
