"""All checks, the fast ones first. No torch in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.doctor import data_roots, machine, packages, probing
from harness.doctor.finding import Finding


def examine(out: Path, roots: Sequence[str], device: str, precision: str) -> Iterator[Finding]:
    """Each finding as soon as it is there. out: folder of runs. roots: of data sets, `DIR` or `NAME=DIR`."""
    yield from machine.examine(out)
    yield from packages.examine()
    decoder = False
    for finding in probing.examine(device, precision):
        decoder |= finding.name == "decoder" and finding.state != "error"
        yield finding
    yield from data_roots.examine(roots, decoder)
