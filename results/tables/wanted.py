"""The runs that tables ask for, and the settings that those of one paper share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.campaign.planned import Wanted
from harness.campaign.shared_settings import Base, base_of
from harness.record.schema import Record
from results.claims.protocols import comparable, named_data, of_another_paper, tiny_of
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
    """(what all runs share, why): as given, or as most of the runs that are there. paper: its preset.

    Where no data set is asked for, runs on data that the tables do not name decide nothing.
    """
    tiny = tiny_of(paper)
    if request.preset or request.pairs:
        return Base(request.preset or tiny, request.pairs), "as given"
    there = [record for record in records if request.dataset in ("", record.data.dataset)]
    if request.protocol in (found := groups(there)):
        return base_of(found[request.protocol][0]), f"as the runs of protocol {request.protocol}"
    places = {record.data.dataset: None for record in there}
    named = [place for place in places if request.dataset or place in _named(paper, request)]
    found = groups(_of_paper(paper, [record for record in there if record.data.dataset in named]))
    if not found:
        hints = [f"--dataset {place}" for place in places if place not in named]
        return Base(tiny), "the default" + f" ({' or '.join(hints)} takes those of its runs)" * bool(hints)
    most = max(found.values(), key=lambda members: (len(members), members[-1].finished))
    return base_of(most[0]), f"as {len(most)} of the runs that are there"


def _named(paper: str, request: Request) -> frozenset[str]:
    """The data sets that the paper's tables name."""
    specs = [each for name in request.names for each in _specs(name, request)]
    return named_data(paper, tuple(each.paper for each in specs if each.rows[0].preset == paper))


def _of_paper(paper: str, records: Sequence[Record]) -> list[Record]:
    """Those that are not under another paper's protocol; where there are none, and the paper's folder says
    what its streams see, those whose streams see it."""
    own = [record for record in records if not of_another_paper(record.config["preset"], paper)]
    return own or (comparable(records, paper)[0] if "/" in paper else [])


def _of_table(name: str, request: Request) -> list[tuple[str, Wanted]]:
    """Runs that a table wants, each with the preset of its paper."""
    return [
        (made.rows[0].preset, want)
        for made in _specs(name, request)
        for want in wanted(made, request.dataset, request.seeds)
    ]


def _specs(name: str, request: Request) -> list[Spec]:
    """The table, or the two that it puts side by side; none of costs, which no run measures."""
    tables = () if name == "cost" else parts(name).values()
    return [Shown(request.rows).of_spec(spec(part, request.methods)) for part in tables]


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
