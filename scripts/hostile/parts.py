"""The parts of the campaign."""

from __future__ import annotations

import os
import random
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from hostile.outcome import Tally, command, late

Part = Callable[[random.Random, int, Path], dict[str, Tally]]


def without_what_takes_minutes() -> None:
    """No clips are made, and no step is timed: of the sizes that are asked for both would take hours."""
    import backbones.catalogue  # noqa: F401  (fills the registry)
    from harness.cost.estimate import Estimate
    from harness.data.sets.localglobal import cache
    from harness.execution import dry_run, prepare

    made = {"pixels": "0" * 64, "bytes": 1, "codec": "libx264"}
    dry_run.estimate = lambda *_: Estimate(1.0, 1.0)
    prepare.median_length = lambda *_: 176
    cache.ensure = lambda base, wanted, *_: (base, {clip.id: made for clip in wanted})


def try_configurations(draw: random.Random, count: int, folder: Path) -> dict[str, Tally]:
    """Settings of a run, `count` times, and options of all commands, half as often."""
    from hostile import commands, configurations

    without_what_takes_minutes()
    tallies = {"settings of a run": Tally(), "options of all commands": Tally()}
    os.chdir(commands.workplace(folder))
    for words in configurations.configurations(draw, count):
        if late():
            break
        tallies["settings of a run"].add(shlex.join(words), command(words).fault())
    for words in commands.lines(draw, count // 2):
        if late():
            break
        os.chdir(commands.workplace(folder))
        tallies["options of all commands"].add(shlex.join(words), command(words).fault())
    if (folder / "executed").exists():
        tallies["options of all commands"].add("code.yaml", "was executed")
    return tallies


def try_files(draw: random.Random, count: int, folder: Path) -> dict[str, Tally]:
    """Every kind of file with what is hostile in its place, `count` of each kind at most."""
    from hostile import files

    without_what_takes_minutes()
    files.workplace(folder)
    os.chdir(folder)
    tallies = {}
    for kind in files.kinds(draw, count):
        tally = tallies.setdefault(kind.name, Tally())
        files.try_kind(kind, folder, tally)
        print(f"{kind.name}: {len(tally.faults)} of {tally.tried}", file=sys.stderr, flush=True)
    return tallies


def of_names(draw: random.Random, count: int, folder: Path) -> dict[str, Tally]:
    """Names of strangers in every format."""
    from hostile import names

    import backbones.catalogue  # noqa: F401  (fills the registry)

    os.chdir(folder)
    return names.try_names(folder)


def of_lists(draw: random.Random, count: int, folder: Path) -> dict[str, Tally]:
    """Lists in every layout, with a thousand times `count` rows in the largest."""
    from hostile import lists

    return lists.try_lists(folder, 1000 * count)


PARTS: dict[str, Part] = {
    "configurations": try_configurations,
    "files": try_files,
    "names": of_names,
    "lists": of_lists,
}
