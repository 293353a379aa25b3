"""An ensemble's runs as a record of its own, so that tables and claims take it as any other. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backbones.base.errors import UserError
from harness.record.folder import RunFolder
from harness.record.index.shape import Runs
from harness.record.schema import FusionScores, Record
from harness.record.stored.videos import tested_videos
from methods.catalogue import teacher_of
from results.claims.side import MEAN, Side
from results.matching import VARIED, of_setting
from results.outputs.kept import file_beside, key_of, read
from results.outputs.stored import stored_output
from results.records import JOINED, groups
from results.reproduce import again
from results.statistics.starts import start_of

if TYPE_CHECKING:
    from results.outputs.mean import Member

Paths = Mapping[str, Path]


@dataclass(frozen=True)
class Ensembles:
    """records: one for each ensemble, protocol, start and split. problems: by the ensemble's name, why one
    could not be made of runs that are there."""

    records: tuple[Record, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def ensembles(records: Sequence[Record], sides: Iterable[Side | None], paths: Paths) -> Ensembles:
    """Those that the sides name, of the runs in `records`. paths: of each record, by its run's id."""
    found: list[Record] = []
    problems: dict[str, str] = {}
    records = records if isinstance(records, Runs) else Runs(records)
    wanted = {side.name: side for side in sides if side and side.members}
    for side in wanted.values():
        for members in _together(records, side):
            try:
                found.append(joined(members, [part.output for part in side.members], side.name, paths))
            except UserError as error:
                problems.setdefault(side.name, str(error))
    return Ensembles(tuple(found), problems)


def _together(records: Sequence[Record], side: Side) -> Iterator[list[Record]]:
    """The runs of one protocol, start and split that have all the members."""
    free = [key for key in VARIED if any(key in member.tree() for member in side.members)]
    for alike in groups(records, free).values():
        rows = [of_setting(alike, member, free) for member in side.members]
        if not all(rows):
            continue
        starts = [{(start_of(record), record.data.split): record for record in row} for row in rows]
        seeds = [{(start.seed, split): record for (start, split), record in row.items()} for row in starts]
        common = sorted(set.intersection(*map(set, starts)))
        yield from ([row[key] for row in starts] for key in common)
        made = {(start.seed, split) for start, split in common}
        # Runs of one seed from different pairs make none, which is said where there is no other of that seed.
        others = sorted(set.intersection(*map(set, seeds)) - made)
        yield from ([row[key] for row in seeds] for key in others)


def joined(members: Sequence[Record], outputs: Sequence[str], name: str, paths: Paths) -> Record:
    """The record of their mean, under that name; a `UserError` says in a line why there is none."""
    pairs = {record.starts_from.pair.id for record in members if record.starts_from.pair}
    if len(pairs) > 1:
        ids = " and ".join(record.id for record in members)
        raise UserError(f"runs {ids} start from different pre-trained pairs: no ensemble is made of them")
    first = members[0]
    metrics = first.metrics.model_copy(update={"fusion": {MEAN: scores(members, outputs, paths)}})
    update: dict[str, Any] = {
        "id": JOINED.join(dict.fromkeys(record.id for record in members)),
        "config": _config(first, name),
        "metrics": metrics.model_copy(update={"not_fused": {}}),
        "fusion": MEAN,
        "finished": max(record.finished for record in members),
    }
    return first.model_copy(update=update)


def _config(first: Record, name: str) -> dict[str, Any]:
    """The first member's, under the ensemble's name: what they share is the same in all."""
    config = {**first.config, "method": {"name": name, "fusion": MEAN, "settings": {}}}
    if teacher := teacher_of(first.config["method"]["name"]):  # of the method, not of the protocol
        config[teacher] = {**config[teacher], "weights": None}
    return config


def scores(members: Sequence[Record], outputs: Sequence[str], paths: Paths) -> FusionScores:
    """From the members' stored outputs, or as it was kept beside a study's records."""
    plain = [stored_output(record, output) for record, output in zip(members, outputs, strict=True)]
    own = paths.get(members[0].id)
    if own is not None and own.suffix == ".jsonl":
        found = read(file_beside(own)).get(key_of(members, plain))
        if found is not None:
            return found
    from results.outputs.mean import mean  # NumPy comes with it

    return mean([_member(record, output, paths) for record, output in zip(members, plain, strict=True)])


def _member(record: Record, output: str, paths: Paths) -> Member:
    from results.outputs.mean import Member
    from results.outputs.videos import scored_videos

    path = paths.get(record.id)
    if path is not None and path.suffix == ".jsonl":
        raise UserError(
            f"{file_beside(path)} has no mean of run {record.id}'s outputs; 'harness study run' writes it "
            "where they are still there"
        )
    run = RunFolder(path.parent) if path is not None and path.suffix == ".json" else None
    if run is not None and run.kept_in(run.outputs):
        raise UserError(f"the outputs of run {record.id} are not here{run.how_to_fetch(run.outputs)}")
    if run is None or not run.outputs.exists():
        raise UserError(f"the outputs of run {record.id} were not kept: {again(record)}")
    facts = tested_videos(run, record) or ()
    return Member(record, output, scored_videos(run, record), facts)
