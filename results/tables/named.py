"""A table by its name: of one set of rows, of two side by side, or of costs."""

from __future__ import annotations

from collections.abc import Collection

from results.records import Loaded
from results.tables.build import build
from results.tables.catalogue import JOINED, spec
from results.tables.cost import cost_table
from results.tables.model import Table, joined


def named(
    name: str,
    loaded: Loaded,
    methods: Collection[str],
    dataset: str | None = None,
    seeds: int | None = None,
    protocol: str | None = None,
    prefer: Collection[str] = (),
) -> Table:
    """The table, filled; the choices as `build` takes them. methods: names of those that can be run."""
    if name == "cost":
        return cost_table()
    choice = dataset, seeds, protocol, prefer
    if name in JOINED:
        left, right = (build(spec(part, methods), loaded, *choice) for part in JOINED[name].values())
        heads = list(JOINED[name])
        title = f"Methods compared on {' and '.join(heads)} (MBD, Table 4)"
        return joined(name, title, (heads[0], heads[1]), left, right)
    return build(spec(name, methods), loaded, *choice)
