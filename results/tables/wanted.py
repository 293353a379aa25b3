"""The runs that tables ask for, and the settings that those of one paper share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.campaign.planned import Wanted
from harness.campaign.shared_settings import Base, base_of
from harness.record.schema import Record
from results.claims.protocols import comparable, of_another_paper, tiny_of
from results.records import OFFICIAL_SPLITS, groups
from results.tables.catalogue import parts, spec
from results.tables.shown import Shown
from results.tables.spec import Spec


@dataclass(frozen=True)
class Request:
    """Tables to be filled. dataset: "" is the preset's own. seeds: None is each table's own number.

    preset, pairs: what all runs share, where it is given. protocol: whose runs they are to be like. rows:
    patterns of labels; only those rows, and the ones that they are compared with. None given: all.
    """

    names: tuple[str, ...]
    methods: tuple[str, ...]
    dataset: str = ""
    seeds: int | None = None
    preset: str = ""
    pairs: tuple[str, ...] = ()
    protocol: str = ""
    rows: tuple[str, ...] = ()


def asked(request: Request, records: Sequence[Record]) -> tuple[list[Wanted], dict[Base, str]]:
    """(what the tables want, {what runs share: why}). Tables of one paper's protocol share theirs."""
    wants = [each for name in request.names for each in _of_table(name, request)]
    papers = dict.fromkeys(paper for paper, _ in wants)
    bases = {paper: base_for(paper, request, records) for paper in papers}
    return [replace(want, base=bases[paper][0]) for paper, want in wants], dict(bases.values())


def base_for(paper: str, request: Request, records: Sequence[Record]) -> tuple[Base, str]:
    """(what all runs share, why): as given, or as most of the runs that are there. paper: its preset."""
    tiny = tiny_of(paper)
    if request.preset or request.pairs:
        return Base(request.preset or tiny, request.pairs), "as given"
    found = groups(_of_paper(paper, request.dataset, records))
    if request.protocol in found:
        return base_of(found[request.protocol][0]), f"as the runs of protocol {request.protocol}"
    if not found:
        return Base(tiny), "the default"
    most = max(found.values(), key=lambda members: (len(members), members[-1].finished))
    return base_of(most[0]), f"as {len(most)} of the runs that are there"


def _of_paper(paper: str, dataset: str, records: Sequence[Record]) -> list[Record]:
    """Those on the data set that are not under another paper's protocol; where there are none, and the
    paper's folder says what its streams see, those whose streams see it."""
    there = [record for record in records if dataset in ("", record.data.dataset)]
    own = [record for record in there if not of_another_paper(record.config["preset"], paper)]
    return own or (comparable(there, paper)[0] if "/" in paper else [])


def _of_table(name: str, request: Request) -> list[tuple[str, Wanted]]:
    """Runs that a table wants, each with the preset of its paper."""
    if name == "cost":
        return []
    found = []
    for part in parts(name).values():
        made = Shown(request.rows).of_spec(spec(part, request.methods))
        found += [(made.rows[0].preset, want) for want in wanted(made, request.dataset, request.seeds)]
    return found


def wanted(spec: Spec, dataset: str, seeds: int | None) -> list[Wanted]:
    """One entry per run of a measured cell, seed and official split. dataset: "" is the preset's own."""
    place = spec.fixed or dataset
    splits = [str(n + 1) for n in range(OFFICIAL_SPLITS[place])] if place in OFFICIAL_SPLITS else [""]
    found = []
    for row in spec.rows:
        for metric in spec.metrics:
            side = row.side(metric)
            if side is None:
                continue
            found += [
                Wanted(spec.name, row.label, part.name, part.settings(), place, split, seed)
                for part in side.parts
                for seed in range(seeds or spec.seeds)
                for split in splits
            ]
    return found
