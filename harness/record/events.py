"""A run's events: one JSON object per line, appended as they happen."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError, error_line
from harness.files import clear_disk_errors, parse_json, read_regular, write_text

PROGRESS = ("train", "validation")  # events of a training, by step


class Events:
    """The file `events.jsonl` of a run. Only the first process writes."""

    def __init__(self, path: Path, writes: bool) -> None:
        self.path, self.writes = path, writes

    def add(self, kind: str, **values: Any) -> None:
        if not self.writes:
            return
        line = json.dumps({"event": kind, **values}, ensure_ascii=False) + "\n"
        with clear_disk_errors(self.path), self.path.open("a", encoding="utf-8") as handle:
            handle.write(line)

    def sync(self) -> None:
        """Onto the disk: of what a checkpoint has done, a power cut must not take the events."""
        if self.writes and self.path.exists():
            with clear_disk_errors(self.path), self.path.open("rb") as handle:
                os.fsync(handle.fileno())

    def rewind(self, step: int) -> None:
        """Forgets training steps after `step`, which are done again, and a line that was not finished."""
        if not self.writes or not self.path.exists():
            return
        kept = [
            event for event in read(self.path) if event.get("event") not in PROGRESS or event["step"] <= step
        ]
        text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in kept)
        write_text(self.path, text, new_folder=False)


def read(path: Path) -> list[dict[str, Any]]:
    """All events; a last line that a killed process left half-written is dropped, and what follows damage.

    A `UserError` where the file is no text of a sensible size.
    """
    try:
        lines = read_regular(path).split("\n")
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as events ({error_line(error)}); delete it") from None
    events = []
    for line in filter(None, lines):
        try:
            event = parse_json(line)
        except ValueError:
            break
        if not _is_event(event):
            break
        events.append(event)
    return events


def _is_event(event: Any) -> bool:
    """Whether it has a name, and of training a step and numbers by their names."""
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return False
    if event["event"] != "train":
        return True
    parts = [event.get(part, {}) for part in ("losses", "accuracy", "stats", "numbers")]
    named = all(isinstance(part, dict) and all(map(_is_number, part.values())) for part in parts)
    return named and isinstance(event.get("step"), int)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308
