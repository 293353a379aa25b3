"""What one campaign tries: how runs are disturbed, and what must be the same afterwards."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import torch
from kills.processes import STOPS, ended, get_ready, killed_at, make, points_of, process

TIMES = ("videos_per_s", "data_wait_share", "eta_s")
SHARE_OF_DAMAGE = (0.2, 0.5, 0.9)


@dataclass
class Tally:
    """tried, failed: attempts of a kind. why: of the failures."""

    tried: int = 0
    failed: int = 0
    why: list[str] = field(default_factory=list)


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
        get_ready()
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
