"""The rows of `harness table ambiguities`: every interpretation that a setting of the method can take."""

from __future__ import annotations

from results.claims.ambiguities import Ambiguity, ambiguities

PAPER, SETTING = "mbd", "method."
# Settings of another method, or of a stage that only some backbones have.
NOT_HERE = ("one-way-teacher", "middle-stage")


def tried() -> dict[str, str]:
    """{label: "method.reading=R2"}, without the defaults."""
    return {f"{entry.name}: {name}": pairs for entry in _open() for name, pairs in entry.settings().items()}


def untried() -> tuple[str, ...]:
    """A line on the questions of the paper that have no row."""
    shown = {entry.name for entry in _open()}
    names = [entry.name for entry in ambiguities() if entry.paper == PAPER and entry.name not in shown]
    return (f"not varied here (see 'harness list ambiguities'): {', '.join(names)}",)


def _open() -> list[Ambiguity]:
    return [
        entry
        for entry in ambiguities()
        if entry.paper == PAPER and entry.setting.startswith(SETTING) and entry.name not in NOT_HERE
    ]
