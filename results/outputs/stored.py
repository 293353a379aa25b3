"""Which outputs of a run are stored, so that they can be averaged with those of others. No NumPy."""

from __future__ import annotations

from backbones.base.errors import UserError
from harness.record.schema import Record

STORED = ("local", "global", "average")  # what a run's stored outputs give without fitting anything
SAME = {"global_only": "global"}  # rules that are one of these


def stored_output(record: Record, output: str) -> str:
    """One of `STORED`; a `UserError` for a rule that the stored outputs alone do not give."""
    name = record.fusion if output == "own" else output
    name = SAME.get(name, name)
    if name not in STORED:
        raise UserError(
            f"'{output}' of {record.config['method']['name']} is fused by '{name}', which is not stored; an "
            f"ensemble takes {', '.join(STORED)}"
        )
    return name
