"""Ensembles of a study's runs as they are kept beside its records: the outputs themselves are not. No torch.

`ensembles-003.jsonl` stands beside `pair-003.jsonl`; a line says which outputs of which runs, and the scores
of their mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from backbones.base.errors import UserError, error_line
from harness.config.typed.validation_messages import first_error
from harness.files import parse_json, read_regular, write_text
from harness.record.consistency.seal import is_broken, sealed
from harness.record.schema import FusionScores, Record

Key = tuple[tuple[str, str], ...]  # (run, output) of each member
DELETE = "delete the file; 'harness study run' writes it again where the runs' outputs are still there"


def key_of(members: Sequence[Record], outputs: Sequence[str]) -> Key:
    """outputs: as `results.outputs.stored.stored_output` gives them."""
    return tuple((record.id, output) for record, output in zip(members, outputs, strict=True))


def file_beside(records: Path) -> Path:
    """Of a study's file of records."""
    return records.with_name(records.name.replace("pair-", "ensembles-", 1))


class _Line(BaseModel):
    """members: run and output of each. scores: of their mean. seal: as of records; none in earlier files."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    members: tuple[tuple[str, str], ...]
    scores: FusionScores
    seal: str | None = None


def read(path: Path) -> dict[Key, FusionScores]:
    """A `UserError` where a line is none of ours, or was changed; nothing where there is no such file."""
    if not path.exists():
        return {}
    found: dict[Key, FusionScores] = {}
    try:
        lines = read_regular(path).split("\n")
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error_line(error)}); {DELETE}") from None
    for number, text in enumerate(lines, 1):
        if text.strip():
            line = _line(f"{path}, line {number},", text)
            found[line.members] = line.scores
    return found


def _line(place: str, text: str) -> _Line:
    try:
        tree = parse_json(text)
        line = _Line.model_validate(tree)
    except ValidationError as error:
        why = first_error(error).line
    except ValueError as error:
        why = error_line(error)
    else:
        if not is_broken(tree):
            return line
        why = "its seal is not that of what it says: it was changed after the run"
    raise UserError(f"{place} is no ensemble ({why}); {DELETE}")


def write(path: Path, found: Mapping[Key, FusionScores]) -> None:
    """Those of the file too that are not among `found`; no file where there is none to keep."""
    every = read(path) | dict(found)
    trees = (
        {"members": [list(member) for member in key], "scores": scores.model_dump(mode="json")}
        for key, scores in every.items()
    )
    lines = [json.dumps(sealed(tree), ensure_ascii=False, separators=(",", ":")) for tree in trees]
    if lines:
        write_text(path, "".join(f"{line}\n" for line in lines))
