"""`harness profile --all`: every network in a process of its own, one record each; a failure is a row too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from backbones.base.errors import UserError
from harness.files import read_json, write_json

COUNT_LIMIT_S = 600.0  # counting computes nothing: it takes long only where a machine is very busy
Row = dict[str, Any]


class NotMeasured(Exception):
    """Why a network has counts only. late: it took too long."""

    late = False


class TookTooLong(NotMeasured):
    late = True


def profile_all(
    names: Sequence[str], options: Sequence[str], out: Path, limit: float, suffix: str, restart: bool = False
) -> Iterator[tuple[str, Row, bool]]:
    """(name, row, whether it was there already) of each network; its record is written to `out` first.

    options: what `harness profile` takes besides the name. limit: seconds that one network may take to be
    measured. suffix: of the records' names, which tells device, precision and size apart. What failed, or was
    not measured, is tried again, where the limit was the reason with a larger one alone.
    """
    for name in names:
        path = out / f"{name.replace(':', '_')}{suffix}.json"
        if path.is_file() and not restart and not _worth_another_try(row := _read(path), limit):
            yield name, row, True
            continue
        row = profile_apart(name, options, limit)
        write_json(path, [row])
        yield name, row, False


def _worth_another_try(row: Row, limit: float) -> bool:
    if "over_limit_s" in row:
        return limit > row["over_limit_s"]
    return "failed" in row or "not_measured" in row


def profile_apart(name: str, options: Sequence[str], limit: float) -> Row:
    """One network's row: measured if that succeeds within the limit, else counted with the reason.

    What cannot even be counted has `failed` and no counts.
    """
    try:
        row = _call([name, "--no-latency", *options], COUNT_LIMIT_S)
    except NotMeasured as why:
        return {"backbone": name, "failed": str(why)}
    if "--no-latency" in options:
        return row
    try:
        _check_memory(row)
        return _call([name, *options], limit)
    except NotMeasured as why:
        return row | {"not_measured": str(why)} | ({"over_limit_s": limit} if why.late else {})


def _check_memory(row: Row) -> None:
    """Weights in fp32, and as much again for what a pass holds, must fit before it is tried."""
    wanted, free = 8 * row["parameters"], psutil.virtual_memory().available
    if wanted > free:
        raise NotMeasured(f"needs about {wanted / 1e9:.1f} GB, {free / 1e9:.1f} GB are free: counted only")


def _call(arguments: Sequence[str], limit: float) -> Row:
    command = [sys.executable, "-P", "-m", "harness", "profile", *arguments, "--stages", "--json"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, preexec_fn=_first_to_go()
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong(f"took longer than {limit:g} s (--limit): counted only") from None
    if done.returncode < 0:
        raise NotMeasured(f"ended by signal {-done.returncode}, as when memory runs out: counted only")
    if done.returncode:
        raise NotMeasured(
            (done.stderr.strip().splitlines() or ["no reason given"])[-1].removeprefix("error: ")
        )
    return json.loads(done.stdout)[0]


def _first_to_go() -> Callable[[], None] | None:
    """On Linux the child offers itself where memory runs out, so that nothing else is ended for it."""
    score = Path("/proc/self/oom_score_adj")
    if not score.exists():
        return None

    def offer() -> None:
        score.write_text("1000")

    return offer


def _read(path: Path) -> Row:
    try:
        row = read_json(path)[0]
        return {**row, "backbone": str(row["backbone"])}
    except (OSError, ValueError, LookupError, TypeError):
        raise UserError(f"{path} is no record of a profile; remove it, or say --restart") from None
