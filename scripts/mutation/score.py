"""How many faults were noticed, with Wilson's 95 % interval, and the list of those that were not."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from trials import INCOMPETENT, KILLED, SURVIVED, TIMEOUT, Result


def read(path: Path) -> list[Result]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [Result(**json.loads(line)) for line in lines]


def wilson(part: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, in percent."""
    if not total:
        return 0.0, 100.0
    share, extra = part / total, z**2 / total
    middle, half = share + extra / 2, z * math.sqrt(share * (1 - share) / total + extra / total / 4)
    return 100 * (middle - half) / (1 + extra), 100 * (middle + half) / (1 + extra)


def score(results: Iterable[Result]) -> str:
    counts = Counter(result.outcome for result in results)
    noticed, total = counts[KILLED] + counts[TIMEOUT], counts.total() - counts[INCOMPETENT]
    low, high = wilson(noticed, total)
    share = 100 * noticed / total if total else 0.0
    names = ", ".join(f"{counts[name]} {name}" for name in (KILLED, TIMEOUT, SURVIVED, INCOMPETENT))
    return f"{noticed} of {total} noticed: {share:.1f} % [{low:.1f}, {high:.1f}]  ({names})"


def report(results: Sequence[Result]) -> None:
    for file in sorted({result.file for result in results}):
        print(f"{file}: {score(result for result in results if result.file == file)}")
    print()
    survivors = [result for result in results if result.outcome == SURVIVED]
    for result in sorted(survivors, key=lambda result: (result.file, result.line)):
        print(f"{result.file}:{result.line} {result.operator} {result.occurrence}")
        print(f"    - {result.before}\n    + {result.after}")
    print(f"\n{score(results)}")
