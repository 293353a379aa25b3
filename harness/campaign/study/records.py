"""The records of a study as files that can be committed: one line for each run, one file for each pair."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from backbones.base.errors import UserError, error_line
from harness.campaign.arm import Arm
from harness.campaign.study.plan import StudyPlan
from harness.files import parse_json, read_json, read_regular, write_text
from harness.record.comparison.replication import result
from harness.record.folder import RunFolder
from harness.record.plugins import other_versions
from harness.record.reading import NEW_LINE, pair_file_name

Cell = tuple[str, int]  # arm, joint seed


def pair_file(folder: Path, pair: int) -> Path:
    """The file with the records of one pair."""
    return folder / pair_file_name(pair)


def keep(folder: Path, pair: int, runs: Iterable[RunFolder]) -> None:
    """Writes the pair's records whole, and those of runs that are kept already and not among these too."""
    lines = {tree["id"]: tree for tree in kept(folder, pair)}
    for run in runs:
        tree = read_json(run.record_path)
        lines[tree["id"]] = tree
    text = "".join(
        json.dumps(tree, ensure_ascii=False, separators=(",", ":")) + "\n" for tree in lines.values()
    )
    write_text(pair_file(folder, pair), text)


def kept(folder: Path, pair: int) -> Iterator[dict[str, Any]]:
    """The records of the pair's file, as plain types; a `UserError` where the file is damaged."""
    path = pair_file(folder, pair)
    if not path.exists():
        return
    try:
        lines = read_regular(path).split("\n")
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error_line(error)}; delete it to make the pair again") from None
    seen: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            tree = _record(f"{path}, line {number},", pair, line)
            if result(seen.setdefault(tree["id"], tree)) != result(tree):
                raise UserError(
                    f"two records of run {tree['id']} in {path} disagree; keep one of these lines"
                )
            yield tree


def _record(place: str, pair: int, line: str) -> dict[str, Any]:
    """A line's tree, as far as it is used here: with an id, and the study with its arm and its joint seed."""
    try:
        tree = parse_json(line)
        study = tree.get("study") or {"arm": "", "seed": 0, "pair": pair}
        typed = isinstance(tree["id"], str) and isinstance(study["arm"], str)
        typed = typed and isinstance(study["seed"], int) and isinstance(study["pair"], int)
    except (ValueError, LookupError, TypeError, AttributeError):
        typed = False
    if not typed:
        raise UserError(f"{place} is no record; {NEW_LINE}")
    if study["pair"] != pair:
        own = pair_file_name(study["pair"])
        raise UserError(f"{place} is of pair {study['pair']}, whose records are in {own}; move it there")
    return tree


def cells(folder: Path, plan: StudyPlan, sha256: str, pair: int) -> set[Cell]:
    """Which arms and joint seeds of the pair are kept, made by this very plan.

    A `UserError` where a plug-in is loaded in another version than the one they were made with.
    """
    found = set()
    for tree in kept(folder, pair):
        study = tree.get("study") or {}
        if (study.get("name"), study.get("plan_sha256")) == (plan.name, sha256):
            _check_plugins(pair_file(folder, pair), tree)
            found.add((str(study["arm"]), int(study["seed"])))
    return found


def _check_plugins(path: Path, tree: Mapping[str, Any]) -> None:
    recorded = {str(each["name"]): str(each["sha256"]) for each in tree.get("plugins") or []}
    for name in other_versions(recorded.items()):
        raise UserError(
            f"{path}: run {tree['id']} was made with another version of plug-in '{name}' (SHA-256 "
            f"{recorded[name][:12]}): all runs of a study are made with one; take that version back, or "
            "begin the study anew (another --out)"
        )


def missing(folder: Path, plan: StudyPlan, sha256: str, arms: Sequence[Arm], pair: int) -> list[Cell]:
    """What the plan has of that pair and the folder has not."""
    there = cells(folder, plan, sha256, pair)
    wanted = [(arm.name, seed) for seed in plan.seeds_of(pair) for arm in arms]
    return [cell for cell in wanted if cell not in there]
