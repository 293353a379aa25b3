"""A campaign of leaks: videos that are trained on come into the test in every way that we know of.

    python scripts/leaks --table results/measured/campaigns/leaks.csv

Each attempt makes a few videos and a finished run trained on them, brings a training video into the test (or
changes videos under a run), and starts the next run. It is caught where the harness ends with one line, or
warns, and names what it is about. `scripts/leaks/attacks.py` has the attempts.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from leaks.attacks import ATTACKS
from leaks.place import Place

COLUMNS = ("code", "leak", "how", "tried", "caught", "said", "seconds of campaign")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, help="CSV file that the lines are added to")
    parser.add_argument("--code", default="this", help="what the table calls the code that is tried")
    given = parser.parse_args()
    begun, rows = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="leaks-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        base = Place.make(Path(folder) / "base")
        for number, attack in enumerate(ATTACKS):
            said = attack.tried(base.copy(Path(folder) / str(number))).replace(f"{folder}/", "")
            caught = attack.caught(said)
            print(f"{'caught' if caught else 'MISSED'}  {attack.name}: {said}", flush=True)
            rows.append((given.code, attack.name, attack.how, 1, int(caught), said if caught else ""))
    print(f"tried {len(rows)}, caught {sum(row[4] for row in rows)}")
    if given.table:
        write_table(given.table, rows, time.monotonic() - begun)
    sys.exit(not all(row[4] for row in rows))


def write_table(path: Path, rows: list[tuple[object, ...]], seconds: float) -> None:
    """Adds this campaign's lines to the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as handle:
        table = csv.writer(handle)
        if new:
            table.writerow(COLUMNS)
        table.writerows((*row, round(seconds)) for row in rows)


if __name__ == "__main__":
    main()
