"""What a plan says itself, no setting of its runs or arms may say again, nor two of them one. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harness.config.difference import flatten
from harness.config.resolve import parse_settings
from harness.config.typed.full_names import full_key

BEFORE = "pretraining."
OF_PAIRS = {"seed": "pairs and seeds", "data.dataset": "dataset", "data.split": "split", "data.seed": "pairs"}
OWN = OF_PAIRS | {
    "preset": "preset",
    "precision": "precision",
    "method.name": "arms",
    "test.part": "part",
}  # {setting of a run: what of the plan says it}


def check_settings(pairs: Sequence[str], own: dict[str, str] | None = None) -> None:
    """Raises ValueError for a setting that the plan itself says, and for one that is there twice.

    pairs: as `--set` takes them. own: {setting: what of the plan says it}, by default OWN. Of the runs that
    the study starts from, what makes pairs: their seeds and their videos.
    """
    counted = Counter(key for pair in pairs for key in keys_of(pair))
    for key in counted:
        before, name = _split(key)
        known = OF_PAIRS if before else OWN if own is None else own
        if name in known:
            raise ValueError(f"'{key}' is said by the plan's {known[name]}; leave it out here")
    if twice := next((key for key, count in counted.items() if count > 1), None):
        raise ValueError(f"'{twice}' is given twice")


def check_apart(pairs: Sequence[str], of_all: Sequence[str]) -> None:
    """Raises ValueError for a setting of an arm that the plan's `settings` give to all arms."""
    said = {key for pair in of_all for key in keys_of(pair)}
    if twice := next((key for pair in pairs for key in keys_of(pair) if key in said), None):
        raise ValueError(f"'{twice}' is given in the plan's settings, too; say it in one of them")


def keys_of(pair: str) -> Iterator[str]:
    """ "data.seed" of "data.settings.seed=3"; of "train={lr: 1, epochs: 3}" both."""
    for key in flatten(parse_settings([pair])):
        before, name = _split(key)
        yield before + next(iter(flatten(parse_settings([f"{full_key(name)}=0"]))))


def _split(key: str) -> tuple[str, str]:
    """("pretraining.both.", "data.seed"): the run it is of, "" of all that are compared, and the setting."""
    if not key.startswith(BEFORE):
        return "", key
    stream, _, name = key.removeprefix(BEFORE).partition(".")
    return f"{BEFORE}{stream}.", name or stream


def gives(pairs: Iterable[str], setting: str) -> bool:
    """Whether one of them gives the setting, the value that it is a part of, or one of its group."""
    given = {key.replace(".settings.", ".") for pair in pairs for key in flatten(parse_settings([pair]))}
    name = setting.replace(".settings.", ".")
    return any(f"{name}.".startswith(f"{key}.") or key.startswith(f"{name}.") for key in given)


def check_once(what: str, names: Iterable[str]) -> None:
    """Raises ValueError for a name that is there twice."""
    if twice := next((name for name, count in Counter(names).items() if count > 1), None):
        raise ValueError(f"{what}: '{twice}' is there twice")
