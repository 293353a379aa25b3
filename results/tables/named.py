"""A table by its name: of one set of rows, of two side by side, or of costs."""

from __future__ import annotations

from collections.abc import Collection

from results.records import Loaded
from results.tables import catalogue
from results.tables.build import build
from results.tables.catalogue import spec
from results.tables.cost import cost_table
from results.tables.model import Table, joined
from results.tables.shown import ALL, Shown


def named(
    name: str,
    loaded: Loaded,
    methods: Collection[str],
    dataset: str | None = None,
    seeds: int | None = None,
    protocol: str | None = None,
    prefer: Collection[str] = (),
    shown: Shown = ALL,
) -> Table:
    """The table, filled; the choices as `build` takes them. methods: names of those that can be run."""
    if name == "cost":
        made = cost_table()
        shown.of_table(made, measured=False)
        return made
    choice = dataset, seeds, protocol, prefer
    if (both := catalogue.joined(name)) is not None:
        left, right = (build(spec(part, methods), loaded, *choice) for part in both.parts.values())
        heads = list(both.parts)
        made = joined(both.name, both.title, (heads[0], heads[1]), left, right)
        shown.of_table(made)
        return made
    return build(spec(name, methods), loaded, *choice, shown)
