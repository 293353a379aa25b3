"""A corpus of small video files, made here, whose frames are compared with an independent decoder's.

    python scripts/corpus --table results/measured/campaigns/videos.csv

Containers x codecs x pixel formats, whole and damaged (`plan.py`); a line of the table for each file. Files
that the encoders here cannot write are lines too, so that the number of lines is always the same. Every file
is read in order, and a few frames at a time, by a fresh reader and by one that has read others.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from corpus.compare import Result, compare
from corpus.make import CannotMake, make
from corpus.plan import Case, cases
from corpus.reference import decoder

LIMIT = 120  # seconds for a file
COLUMNS = ("file", "kind", "made", "accepted", "frames", "reference", "luma", "rgb", "alone", "wrong", "said")


def main() -> int:
    options = _options()
    chosen = [case for case in cases() if options.only in case.name]
    if options.again:
        earlier = _wrong_in(options.again)
        chosen = [case for case in chosen if earlier.get(case.name)]
    print(f"{len(chosen)} files; reference: {decoder()}", flush=True)
    start, rows = time.monotonic(), []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        pool = _pool()
        for case in chosen:
            row = _row(case, folder, pool)
            if row["wrong"].startswith("the reader"):
                pool = _pool()
            rows.append(row)
            if row["wrong"]:
                print(f"{row['file']}: {row['wrong']} [{row['accepted']} {row['said']}]", flush=True)
    _write(options.table, rows, _wrong_in(options.before) if options.before else {})
    _summary(rows, time.monotonic() - start)
    return int(any(row["wrong"] for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, required=True, help="CSV file that is written")
    parser.add_argument("--folder", type=Path, help="keep the corpus there")
    parser.add_argument("--only", default="", help="files whose names have this in them")
    parser.add_argument("--before", type=Path, help="an earlier table, whose column 'wrong' becomes 'before'")
    parser.add_argument("--again", type=Path, help="only the files that this earlier table has as wrong")
    return parser.parse_args()


def _pool() -> ProcessPoolExecutor:
    """A process apart: a decoder that crashes takes no other line with it."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _row(case: Case, folder: Path, pool: ProcessPoolExecutor) -> dict[str, str]:
    result, made = Result(), "yes"
    try:
        path = make(case, folder)
        result = pool.submit(compare, case, path).result(timeout=LIMIT)
    except CannotMake as error:
        made = f"no: {error}".replace(f"{folder}/", "")
    except TimeoutError:
        result.wrong.append("the reader takes too long")
        for process in list(pool._processes.values()):
            process.kill()
    except BrokenProcessPool:
        result.wrong.append("the reader crashes")
    except Exception as error:  # a line of the table, not the end of the campaign
        result.wrong.append(f"unforeseen: {type(error).__name__}: {error}"[:200])
    said = result.said.replace(str(folder), "").splitlines()
    cells = (case.name, case.kind if not case.damage else case.damage, made, result.accepted)
    numbers = (result.frames, result.reference, result.luma, result.rgb, result.alone)
    return dict(
        zip(COLUMNS, (*cells, *map(str, numbers), "; ".join(result.wrong), " ".join(said)), strict=True)
    )


def _wrong_in(table: Path) -> dict[str, str]:
    with table.open(newline="", encoding="utf-8") as file:
        return {row["file"]: row["wrong"] for row in csv.DictReader(file)}


def _write(path: Path, rows: list[dict[str, str]], before: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, (*COLUMNS, "before"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"before": before.get(row["file"], "")} for row in rows)


def _summary(rows: list[dict[str, str]], seconds: float) -> None:
    made = [row for row in rows if row["made"] == "yes"]
    kinds = Counter(row["kind"] for row in made)
    wrong = Counter(row["kind"] for row in made if row["wrong"])
    for kind, count in sorted(kinds.items()):
        print(f"{kind:16} {count:4} files, {wrong[kind]:4} wrong")
    print(f"{len(rows)} files, {len(made)} made, {sum(wrong.values())} wrong, {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
