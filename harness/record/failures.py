"""Failed runs of a campaign, kept with the finished ones, so that their cells show the reason. No torch."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backbones.base.plain_text import clean_tree
from harness.config.difference import AS_WEIGHTS, run_key
from harness.files import read_json, write_json
from harness.record.reading import known_config

FOLDER = "failed"


@dataclass(frozen=True)
class Failure:
    """config: of the run, as a record has it. reason: one line. when: ISO, UTC."""

    config: dict[str, Any]
    reason: str
    when: str


def note(out: Path, config: Mapping[str, Any], reason: str) -> None:
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    write_json(_path(out, config), asdict(Failure(dict(config), reason, when)))


def clear(out: Path, config: Mapping[str, Any]) -> None:
    """The run was made after all: its reason is dropped, also where it failed before it was known which runs
    it starts from. No error where that cannot be done, as a record tells more than a reason."""
    if (out / FOLDER).is_dir():
        for each in (config, _from_unknown_runs(config)):
            with suppress(OSError):
                _path(out, each).unlink(missing_ok=True)


def failures(out: Path) -> list[Failure]:
    """All that are noted under `out`; a file that cannot be read says nothing."""
    found = []
    for path in sorted((out / FOLDER).glob("*.json")):
        try:
            found.append(_read(path))
        except (OSError, ValueError, TypeError, RecursionError):
            continue
    return found


def _read(path: Path) -> Failure:
    """A `ValueError` where its configuration is none, or its texts are no texts."""
    found = Failure(**clean_tree(read_json(path)))
    if not (isinstance(found.reason, str) and isinstance(found.when, str)):
        raise ValueError("expected texts")
    return Failure(known_config(found.config), found.reason, found.when)


def short_name(config: Mapping[str, Any]) -> str:
    """The same for configurations of one run, whose id may not be known yet: 12 hex digits."""
    return hashlib.sha256(run_key(config).encode()).hexdigest()[:12]


def _from_unknown_runs(config: Mapping[str, Any]) -> dict[str, Any]:
    """As a plan has it while what the streams start from is still to be made."""
    streams = {name: config[name] for name in ("local", "global")}
    unknown = {
        name: {**stream, "weights": AS_WEIGHTS}
        for name, stream in streams.items()
        if str(stream["weights"]).startswith(AS_WEIGHTS)
    }
    return {**config, **unknown}


def _path(out: Path, config: Mapping[str, Any]) -> Path:
    return out / FOLDER / f"{short_name(config)}.json"
