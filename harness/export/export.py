"""`harness export model`: a run's networks in a folder, with a model card; all of them or none."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backbones.base.errors import UsageError, UserError
from harness.export import weights
from harness.export.card import card
from harness.export.describe import describe
from harness.export.exporter import Exported, Exporter
from harness.export.formats import GRAPHS
from harness.export.modules import is_plain
from harness.export.parity import FUSED
from harness.export.rules import in_torch, own_rule
from harness.export.source import Source, clips_of, source
from harness.files import check_writable, nearest_there, read_json, write_atomically, write_json, write_text
from harness.record.folder import RunFolder
from methods.fusion.contract import Fusion

FORMATS = (*GRAPHS, weights.NAME)
ENDINGS = (*(each.ending for each in GRAPHS.values()), weights.ENDING)
CARD, DESCRIPTION = "README.md", "model.json"


@dataclass(frozen=True)
class Wanted:
    """What is asked for. what: "local", "global" and "fused", or nothing: all that the run has. formats: of
    `FORMATS`. folder: where files go. force: whether an earlier export there is replaced. data_root: where
    the run's data set lies."""

    what: tuple[str, ...]
    formats: tuple[str, ...]
    folder: Path
    force: bool = False
    data_root: Path | None = None


def export(run_folder: RunFolder, wanted: Wanted, say: Callable[[str], None]) -> dict[str, Any]:
    """The tree of `model.json`. say: is told what is left out.

    Raises UsageError or UserError where something that was asked for cannot be exported, a file differs from
    the run's networks, or an earlier export is there; nothing is written then.
    """
    for name in wanted.formats:
        if name in GRAPHS:
            GRAPHS[name].check()
    _check_place(wanted)
    run = source(run_folder)
    rule, plan = _plan(run, wanted, say)
    before = _earlier(wanted)
    planned = [name for what, formats in plan for name in _names(what, formats)]
    _refuse_others(wanted, [*planned, CARD, DESCRIPTION], before)
    videos = clips_of(run, wanted.data_root)
    said = describe(run)
    wanted.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=wanted.folder.parent) as temporary:
        exporter = Exporter(run, videos, rule, json.dumps(said, ensure_ascii=False), Path(temporary))
        files = [each for what, formats in plan for each in _written(exporter, what, formats)]
        model = said | {"checked_on": list(videos), "files": [asdict(each) for each in files]}
        _keep(Path(temporary), wanted.folder, model, before)
    return model


def _written(exporter: Exporter, what: str, formats: Sequence[str]) -> Iterator[Exported]:
    yield from exporter.graphs(what, [name for name in formats if name in GRAPHS])
    if weights.NAME in formats:
        yield exporter.tensors(what)


def _names(what: str, formats: Sequence[str]) -> list[str]:
    endings = [GRAPHS[name].ending if name in GRAPHS else weights.ENDING for name in formats]
    return [what + ending for ending in endings]


def _plan(
    run: Source, wanted: Wanted, say: Callable[[str], None]
) -> tuple[Fusion | None, list[tuple[str, list[str]]]]:
    """(the run's own rule where it is needed, what is exported in which formats)."""
    rule: Fusion | None = None
    plan: list[tuple[str, list[str]]] = []
    for what in wanted.what or ([*run.names, FUSED] if len(run.names) > 1 else run.names):
        formats = []
        for name in wanted.formats:
            try:
                _check_possible(run, what, name)
                if what == FUSED and rule is None:
                    rule = own_rule(run)
                    _check_rule(run, rule)
                formats.append(name)
            except UserError as error:
                if wanted.what:
                    raise
                say(f"left out: {what} as {name}: {error}")
        plan += [(what, formats)] if formats else []
    if not plan:
        raise UserError(f"nothing of run {run.run.id} can be exported as {', '.join(wanted.formats)}")
    return rule, plan


def _check_possible(run: Source, what: str, name: str) -> None:
    """Raises UsageError where a stream, or both fused, cannot be a file of this format."""
    method = run.config.method.name
    if what not in (*run.names, FUSED) or (what == FUSED and len(run.names) < 2):
        raise UsageError(f"run {run.run.id} ({method}) uses the {' and '.join(run.names)} stream alone")
    if name == weights.NAME and what == FUSED:
        raise UsageError("tensors alone have no fusion; give the streams, or a format that holds a graph")
    if name == weights.NAME and not is_plain(run.method):
        raise UsageError(f"'{method}' adds to the stream's network what tensors alone do not say")
    if what != FUSED and run.method.joint:
        raise UsageError(f"the streams of '{method}' need each other's clips: export them fused")


def _check_rule(run: Source, rule: Fusion) -> None:
    """Raises UserError where the rule is a library's, which no graph can hold."""
    name = run.config.method.fusion
    if in_torch(name, rule) is rule and hasattr(rule, "classifier_"):
        raise UserError(f"fusion '{name}' ends in a classifier of scikit-learn's: export the streams")


def _check_place(wanted: Wanted) -> None:
    if nearest_there(wanted.folder).is_file():
        raise UsageError(f"--out {wanted.folder}: a file is in its place; give a folder")
    check_writable(wanted.folder / DESCRIPTION)


def _earlier(wanted: Wanted) -> list[str]:
    """The files of an export that is in the folder, by its own account."""
    try:
        named = [each["file"] for each in read_json(wanted.folder / DESCRIPTION)["files"]]
        return [str(name) for name in named if Path(name).name == name and Path(name).suffix in ENDINGS]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _refuse_others(wanted: Wanted, names: Sequence[str], before: Sequence[str]) -> None:
    there = [name for name in (*names, *before) if (wanted.folder / name).exists()]
    if there and not wanted.force:
        raise UsageError(f"{wanted.folder / there[0]} is there: --force replaces it, or give another --out")


def _keep(temporary: Path, folder: Path, model: dict[str, Any], before: Sequence[str]) -> None:
    """Moves the files to their place, the description last; what an earlier export had more is removed."""
    names = [each["file"] for each in model["files"]]
    for name in names:
        write_atomically(folder / name, (temporary / name).replace)
    write_text(folder / CARD, card(model))
    write_json(folder / DESCRIPTION, model)
    for name in set(before) - set(names):
        (folder / name).unlink(missing_ok=True)
