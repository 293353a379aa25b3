"""All checks, the fast ones first. No torch in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.doctor import data_roots, machine, packages, probing
from harness.doctor.finding import Finding


def examine(out: Path, roots: Sequence[str], device: str, precision: str) -> Iterator[Finding]:
    """Each finding as soon as it is there. out: folder of runs. roots: of data sets, `DIR` or `NAME=DIR`."""
    starved = False
    for finding in machine.examine(out):
        starved |= finding.name == machine.MEMORY and finding.state == "error"
        yield finding
    yield from packages.examine()
    if starved:  # every import would fail, each with a remedy of its own that does not help
        yield Finding("imports and devices", "error", "not looked at with so little memory", "see memory")
        return
    decoder = False
    for finding in probing.examine(device, precision):
        decoder |= finding.name == "decoder" and finding.state != "error"
        yield finding
    yield from data_roots.examine(roots, decoder)
