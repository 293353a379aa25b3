"""The rows of `harness table ambiguities`: every interpretation that a setting of the method can take."""

from __future__ import annotations

from results.claims.ambiguities import Ambiguity, ambiguities

# Interpretations that are not a list of words: the values to try. T² has an effect only if T is not 1.
NUMBERS = {
    "temperature": {"T = 2": "method.temperature=2", "T = 4": "method.temperature=4"},
    "t-squared": {"T = 4, without T²": "method.temperature=4 method.t_squared=false"},
    "loss-weights": {
        "local stream's weights halved": "method.local_kl_weight=0.3 method.local_mse_weight=0.2",
        "global stream's weights halved": "method.global_kl_weight=0.3 method.global_mse_weight=0.2",
    },
}
PAPER, SETTING = "mbd", "method."
# Settings of another method, or of a stage that only some backbones have.
NOT_HERE = ("one-way-teacher", "middle-stage")


def tried() -> dict[str, str]:
    """{label: "method.reading=R2"}, without the defaults."""
    rows: dict[str, str] = {}
    for entry in _open():
        if entry.name in NUMBERS:
            rows |= {f"{entry.name}: {label}": pairs for label, pairs in NUMBERS[entry.name].items()}
        else:
            rows |= {f"{entry.name}: {value}": f"{entry.setting}={value}" for value in _others(entry)}
    return rows


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


def _others(entry: Ambiguity) -> list[str]:
    return [value for value in entry.interpretations if value != entry.default]
