"""A campaign of hostile input: whatever is typed or read is done, or is one clear line.

    python scripts/hostile --part configurations --count 1000 \\
        --table results/measured/campaigns/configurations.csv

Parts: configurations (settings of a run, and options of every command, half as often), files (damaged and
hostile ones of every kind that is read, --count of each kind), names (of strangers, in every format that is
written), lists (of videos, in many layouts, and some with 1,000 times --count rows). An attempt fails where
it ends in an error without a message of its own, in a traceback, in no line or in several; where it waits, or
computes for half a minute; where a hostile file is executed; where one bad file hides the others; where a
written file is not what its format asks for; where a list is read wrongly.

With --minutes N no attempt is begun after that time; the table says how many there were.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hostile import outcome
from hostile.outcome import Tally, limit_memory

HEADINGS = ["code", "kind", "tried", "failed", "first failure", "seconds of campaign"]


def parts() -> dict[str, Callable[[random.Random, int, Path], dict[str, Tally]]]:
    from hostile import parts

    return parts.PARTS


def write_table(path: Path, tallies: dict[str, Tally], seconds: float, code: str) -> None:
    """Adds this campaign's lines to the table."""
    from backbones.base.plain_text import clean

    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        if new:
            table.writerow(HEADINGS)
        for kind, tally in tallies.items():
            first = clean(": ".join(tally.faults[0]))[:160] if tally.faults else ""
            table.writerow([code, kind, tally.tried, len(tally.faults), first, round(seconds)])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=parts(), required=True)
    parser.add_argument(
        "--count", type=int, default=1000, help="attempts; of files, those of each kind [1000]"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="CSV file that the counts are added to")
    parser.add_argument("--minutes", type=float, default=600, help="no attempt is begun after that time")
    parser.add_argument("--code", default="this", help="what the table calls the code that is tried")
    given = parser.parse_args()
    table = given.table.absolute() if given.table else None
    begun = time.monotonic()
    outcome.ends_at = begun + 60 * given.minutes
    limit_memory()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        os.environ["COLUMNS"] = "200"
        tallies = parts()[given.part](random.Random(given.seed), given.count, Path(folder))
        os.chdir("/")
    for kind, tally in tallies.items():
        print(f"{kind}: {len(tally.faults)} of {tally.tried} failed")
        for name, fault in tally.faults:
            print(ascii(f"  {name[:300]}: {fault[:400]}")[1:-1])
    if table:
        write_table(table, tallies, time.monotonic() - begun, given.code)
    sys.stdout.flush()
    os._exit(any(tally.faults for tally in tallies.values()))  # without freeing torch one by one


if __name__ == "__main__":
    main()
