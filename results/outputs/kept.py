"""Ensembles of a study's runs as they are kept beside its records: the outputs themselves are not. No torch.

`ensembles-003.jsonl` stands beside `pair-003.jsonl`; a line says which outputs of which runs, and the scores
of their mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from backbones.base.errors import UserError, error_line
from harness.files import parse_json, read_regular, write_text
from harness.record.schema import FusionScores, Record

Key = tuple[tuple[str, str], ...]  # (run, output) of each member


def key_of(members: Sequence[Record], outputs: Sequence[str]) -> Key:
    """outputs: as `results.outputs.stored.stored_output` gives them."""
    return tuple((record.id, output) for record, output in zip(members, outputs, strict=True))


def file_beside(records: Path) -> Path:
    """Of a study's file of records."""
    return records.with_name(records.name.replace("pair-", "ensembles-", 1))


def read(path: Path) -> dict[Key, FusionScores]:
    """A `UserError` where a line is none of ours; nothing where there is no such file."""
    if not path.exists():
        return {}
    try:
        trees = [parse_json(line) for line in read_regular(path).splitlines() if line.strip()]
        return {_key(tree["members"]): FusionScores.model_validate(tree["scores"]) for tree in trees}
    except ValidationError:
        raise UserError(f"{path}: a line has no scores of an ensemble; delete it") from None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UserError(f"{path} cannot be read as ensembles ({error_line(error)}); delete it") from None


def _key(members: Sequence[Sequence[str]]) -> Key:
    return tuple((str(run), str(output)) for run, output in members)


def write(path: Path, found: Mapping[Key, FusionScores]) -> None:
    """Those of the file too that are not among `found`; no file where there is none to keep."""
    every = read(path) | dict(found)
    lines = [
        json.dumps(
            {"members": key, "scores": scores.model_dump(mode="json")},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for key, scores in every.items()
    ]
    if lines:
        write_text(path, "".join(f"{line}\n" for line in lines))
