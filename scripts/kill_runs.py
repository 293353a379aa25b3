"""A campaign of kills: runs are ended at every stage, gone on with, and compared with an undisturbed one.

    python scripts/kill_runs.py --table results/measured/robustness/kills.csv

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
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import torch

SETTINGS = (
    *("data.train_per_class=1", "data.test_per_class=1", "data.fit_per_class=1", "data.seed=0"),
    *("local.backbone=r2plus1d18", "local.width=0.125", "local.frames=2", "local.crop=32"),
    *("local.short_side=[36,36]", "local.test_short_side=36"),
    *("global.backbone=vtn:resnet10t", "global.frames=2", "global.stride=8", "global.crop=32"),
    *("global.short_side=[36,36]", "global.test_short_side=36"),
    *("test.local_clips=1", "test.global_clips=1", "train.batch_size=4", "train.epochs=1"),
    *("fit.rules=own", "fit.views=1"),
)
CALLS = ("replace", "rename", "link", "fsync", "mkdir")
TIMES = ("videos_per_s", "data_wait_share", "eta_s")
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
SHARE_OF_DAMAGE = (0.2, 0.5, 0.9)


@dataclass
class Tally:
    """tried, failed: attempts of a kind. why: of the failures."""

    tried: int = 0
    failed: int = 0
    why: list[str] = field(default_factory=list)


def make(out: Path, restart: bool = False) -> None:
    """The tiny run, without the step that is timed and the count of its networks' cost."""
    from harness.config.resolve import resolve
    from harness.console.console import RunConsole
    from harness.execution import build_record, dry_run, execute
    from harness.execution.job import Launch
    from harness.record.schema import Cost

    build_record.costs = lambda *_: Cost(run={}, full={})
    dry_run.estimate = lambda *_: execute.Estimate(1.0, 1.0)
    config = resolve("tiny", {"method": {"name": "mbd"}}, SETTINGS)
    launch = Launch(data_root=None, out=out, device="cpu", workers=0, checkpoint_every_s=-1, restart=restart)
    execute.execute(config, launch, RunConsole(json=True))


def process(work: Callable[[], None], said: Path) -> int:
    """A fork that works as the command line does; its id. What it prints goes to the file."""
    if child := os.fork():
        return child
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    code = 70
    try:
        with suppress(ImportError, AttributeError):  # the first release takes signals over in training only
            from harness.__main__ import _listen

            _listen()
        code = _code(work)
    finally:
        os._exit(code)


def _code(work: Callable[[], None]) -> int:
    from harness.cli.main import STOPPED, report_error

    try:
        work()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr, flush=True)
        return STOPPED
    except Exception as error:
        return report_error(error)
    return 0


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def calls(at: Callable[[int], None]) -> Iterator[None]:
    """Within it `at` is told the number of each point: before and after each call by which files come to be."""
    count, plain = iter(range(10**9)), {name: getattr(os, name) for name in CALLS}

    def watched(name: str) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            at(next(count))
            result = plain[name](*given, **named)
            at(next(count))
            return result

        return call

    for name in CALLS:
        setattr(os, name, watched(name))
    try:
        yield
    finally:
        for name, function in plain.items():
            setattr(os, name, function)


def killed_at(point: int, out: Path, restart: bool = False) -> None:
    def kill(number: int) -> None:
        if number == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with calls(kill):
        make(out, restart)


def points_of(out: Path, said: Path, restart: bool = False) -> int:
    """How many such points the run has."""

    def count() -> None:
        seen: list[int] = []
        with calls(seen.append):
            make(out, restart)
        (out.parent / "points").write_text(str(len(seen)))

    assert ended(process(count, said)) == 0, said.read_text()
    return int((out.parent / "points").read_text())


def result_of(out: Path) -> dict[str, object]:
    """What has to be the same, part by part."""
    (path,) = [each.parent for each in out.glob("*/record.json")]
    record = json.loads((path / "record.json").read_text())
    for metrics in record["metrics"]["fusion"].values():
        metrics.pop("fit_s", None)
    events = [json.loads(line) for line in (path / "events.jsonl").read_text().splitlines()]
    state = torch.load(path / "checkpoint.pt", weights_only=True)
    return {
        "weights": {name: tensor.numpy().tobytes() for name, tensor in state["method"].items()},
        "outputs": (path / "outputs-test.safetensors").read_bytes(),
        "events": [{key: event[key] for key in event if key not in TIMES} for event in events],
        "record": {name: record[name] for name in ("id", "config", "resolved", "data", "metrics")},
        "files": sorted(each.name for each in path.iterdir() if each.name != "lock"),
    }


@dataclass
class Campaign:
    """folder: where runs are made. seed: of what is drawn."""

    folder: Path
    draw: random.Random
    tallies: dict[str, Tally] = field(default_factory=dict)
    number: int = 0

    def undisturbed(self) -> None:
        self.whole = self.folder / "whole" / "runs"
        self.said = self.folder / "said"
        self.whole.parent.mkdir()
        self.points = points_of(self.whole, self.said)  # of a first one, which also makes the clips
        shutil.rmtree(self.whole)
        begun = time.monotonic()
        assert ended(process(lambda: make(self.whole), self.said)) == 0
        self.takes = time.monotonic() - begun
        self.expected = result_of(self.whole)

    def attempt(self, kind: str, disturb: Callable[[Path], str], name: str) -> None:
        """disturb: makes a run under a folder and ends it; what was wrong already then."""
        self.number += 1
        out = self.folder / str(self.number) / "runs"
        out.parent.mkdir()
        tally = self.tallies.setdefault(kind, Tally())
        tally.tried += 1
        wrong = disturb(out)
        code = ended(process(lambda: make(out), self.said))
        wrong = wrong or (f"exit code {code}: {self.said.read_text().strip()[-200:]}" if code else "")
        wrong = wrong or self._differs(out)
        if wrong:
            tally.failed += 1
            tally.why.append(f"{name}: {wrong}")
        print(f"{kind} {name}: {wrong or 'the same'}", flush=True)
        shutil.rmtree(out.parent)

    def _differs(self, out: Path) -> str:
        found = result_of(out)
        return ", ".join(part for part in self.expected if found[part] != self.expected[part])

    def writes(self, most: int) -> None:
        for point in spread(self.points, most):

            def disturb(out: Path, point: int = point) -> str:
                ended(process(lambda: killed_at(point, out), self.said))
                return ""

            self.attempt("write", disturb, f"point {point} of {self.points}")

    def times(self, many: int) -> None:
        for _ in range(many):
            self._after("time", self.draw.random() * self.takes, signal.SIGKILL)

    def stops(self, many: int) -> None:
        for number in range(many):
            self._after("stop", self.draw.random() * 0.9 * self.takes, STOPS[number % 3])

    def _after(self, kind: str, seconds: float, number: signal.Signals) -> None:
        def disturb(out: Path) -> str:
            child = process(lambda: make(out), self.said)
            time.sleep(seconds)
            with suppress(ProcessLookupError):
                os.kill(child, number)
            code, said = ended(child), self.said.read_text().strip().splitlines()[-1:]
            line = code == 130 and "stopped" in "".join(said)
            return "" if kind == "time" or code == 0 or line else f"ended with {code} and {said}"

        self.attempt(kind, disturb, f"{number.name} after {seconds:.2f} s")

    def restarts(self, most: int) -> None:
        again = self.folder / "again" / "runs"
        shutil.copytree(self.whole, again)
        points = points_of(again, self.said, restart=True)
        record = next(self.whole.glob("*/record.json")).read_bytes()
        for point in spread(points, most):

            def disturb(out: Path, point: int = point) -> str:
                shutil.copytree(self.whole, out)
                ended(process(lambda: killed_at(point, out, restart=True), self.said))
                there = [path.read_bytes() for path in out.rglob("record.json")]
                news = [text for text in there if text != record]
                return "" if record in there or news else "the finished run is gone"

            self.attempt("restart", disturb, f"point {point} of {points}")

    def damages(self, many: int) -> None:
        for number in range(many):

            def disturb(out: Path, number: int = number) -> str:
                ended(process(lambda: killed_at(int(self.points * 0.7), out), self.said))
                (path,) = out.glob("*/checkpoint.pt")
                damage(path, number, self.draw)
                return ""

            self.attempt("damage", disturb, f"{number}")

    def pairs(self, many: int) -> None:
        for number in range(many):

            def disturb(out: Path) -> str:
                both = [process(lambda: make(out), self.folder / f"said{each}") for each in range(2)]
                codes = sorted(ended(child) for child in both)
                return "" if codes in ([0, 0], [0, 1]) else f"exit codes {codes}"

            self.attempt("two", disturb, f"{number}")


def spread(count: int, most: int) -> list[int]:
    """At most so many of the numbers 0 … count-1, evenly spread."""
    return sorted({number * count // min(most, count) for number in range(min(most, count))})


def damage(path: Path, number: int, draw: random.Random) -> None:
    """Every fourth is cut off; of the others five bytes are flipped."""
    data = bytearray(path.read_bytes())
    if number % 4 == 3:
        del data[int(len(data) * SHARE_OF_DAMAGE[number // 4 % 3]) :]
    else:
        for _ in range(5):
            data[draw.randrange(len(data))] ^= draw.randrange(1, 256)
    path.unlink()  # the one before may be a link to the same file
    path.write_bytes(data)


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("writes", 60), ("times", 20), ("restarts", 20), ("stops", 9), ("damages", 16), ("two", 4)):
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
    sys.exit(any(tally.failed for tally in campaign.tallies.values()))


if __name__ == "__main__":
    main()
