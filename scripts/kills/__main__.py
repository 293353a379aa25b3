"""A campaign of kills: runs are ended at every stage, gone on with, and compared with an undisturbed one.

    python scripts/kills --table results/measured/robustness/kills.csv

Each attempt is a process of its own that makes a tiny run with a checkpoint after every step and is killed:

- write: by SIGKILL just before or after one of the calls by which files come to be (fsync, rename, link,
  mkdir), all of them in turn or, with --writes N, N spread evenly
- time: by SIGKILL after a random part of the time that the run takes
- restart: likewise at such a call, while --restart makes a finished run again
- stop: by SIGTERM, SIGINT or SIGHUP after a random time, which must end it with one line and exit code 130
- damage: killed at a step, then bytes of its newest checkpoint are flipped, or its end is cut off
- two: two processes make the same run; one of them must make it, the other must say so

Then the same run is made to its end. It fails where that is an error, or where weights, stored outputs (byte
by byte), events or the record differ from the undisturbed run's, times apart; of a restart also where the
finished run was not there any more after the kill. Without torch's threads, so that a process can be forked.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from kills.campaign import Campaign, Tally


def write_table(path: Path, tallies: dict[str, Tally], seconds: float, code: str) -> None:
    """Adds this campaign's lines to the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as handle:
        table = csv.writer(handle)
        if new:
            table.writerow(["code", "kind", "tried", "failed", "first failure", "seconds of campaign"])
        for kind, tally in tallies.items():
            table.writerow([code, kind, tally.tried, tally.failed, " ".join(tally.why[:1]), round(seconds)])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, usual in (
        ("writes", 60),
        ("times", 20),
        ("restarts", 20),
        ("stops", 9),
        ("damages", 16),
        ("two", 4),
    ):
        parser.add_argument(f"--{name}", type=int, default=usual, metavar="N", help=f"attempts [{usual}]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="CSV file that the counts are added to")
    parser.add_argument("--code", default="this", help="what the table calls the code that is tried")
    given = parser.parse_args()
    torch.set_num_threads(1)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill-runs-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        campaign = Campaign(Path(folder), random.Random(given.seed))
        campaign.undisturbed()
        campaign.writes(given.writes)
        campaign.times(given.times)
        campaign.stops(given.stops)
        campaign.damages(given.damages)
        campaign.restarts(given.restarts)
        campaign.pairs(given.two)
    for kind, tally in campaign.tallies.items():
        print(f"{kind}: {tally.failed} of {tally.tried} failed", *tally.why[:3], sep="\n  ")
    if given.table:
        write_table(given.table, campaign.tallies, time.monotonic() - begun, given.code)
    sys.stdout.flush()
    os._exit(any(tally.failed for tally in campaign.tallies.values()))  # without freeing torch one by one


if __name__ == "__main__":
    main()
