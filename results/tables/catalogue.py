"""Which tables there are: those of the papers' folders, and those of all methods and networks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from backbones.base.errors import UsageError
from backbones.base.streams import STREAMS
from harness.papers import full_names
from results.tables.spec import STEP_TIME, Row, Spec
from results.tables.written.maker import Joined, of_all, tables_of

METRICS = ("top1", "local.top1", "global.top1", "dominance.agreement", STEP_TIME)
# What a stream can see of each family, and what fusion makes of it: `harness.data.sets.localglobal`.
FAMILIES = (
    *(f"{output}.{family}" for output in STREAMS for family in (output, "shared", "conflict")),
    *(f"own.{family}" for family in (*STREAMS, "shared", "conflict")),
)


def _of_methods(name: str, methods: Iterable[str]) -> Spec:
    rows = _methods(methods)
    if name == "families":
        title = "All methods on the generated clips: each stream and the fusion, by class family"
        notes = ("chance level within a family: 25 %; families that a stream cannot see are left out",)
        made = Spec(name, title, "", rows, FAMILIES, fixed="localglobal", baseline=None, notes=notes)
    else:
        made = Spec(
            name, "All methods: each with its own fusion rule, and its streams alone", "", rows, METRICS
        )
    return replace(made, own_networks=True)


def _methods(methods: Iterable[str]) -> tuple[Row, ...]:
    rows = []
    for name in methods:
        rows.append(Row(name, f"{name} @ own"))
        if name == "single":
            rows[-1:] = [Row("single: local stream", "single @ own"),
                         Row("single: global stream", "single method.stream=global @ own")]  # fmt: skip
    return tuple(rows)


OF_METHODS, COST = ("methods", "families"), "cost"


def names() -> tuple[str, ...]:
    """Of all tables: the built-in papers' as they are, those of a user's paper as "mars/main"."""
    return (*of_all(), *OF_METHODS, COST)


def all_names() -> tuple[str, ...]:
    """Each number once: what stands in a joined table is not shown alone as well."""
    parts = {part for made in of_all().values() if isinstance(made, Joined) for part in made.parts.values()}
    return tuple(name for name in names() if name not in parts)


def full_name(name: str) -> str:
    """As a table is called; see `harness.papers.full_names`."""
    return full_names.full_name(name, "table", names(), tables_of, all_names())


def check_table(name: str) -> None:
    """Raises UsageError where there is none of that name."""
    full_name(name)


def joined(name: str) -> Joined | None:
    """The two tables that it puts side by side; None of any other."""
    made = of_all().get(full_name(name))
    return made if isinstance(made, Joined) else None


def parts(name: str) -> dict[str, str]:
    """{what stands over it: its name} of the tables that a joined one is made of; of another one itself."""
    found = joined(name)
    return found.parts if found else {"": full_name(name)}


def spec(name: str, methods: Iterable[str]) -> Spec:
    """A table of runs by its name; a `UsageError` where it has no such rows.

    methods: what this harness can run; rows of others say so.
    """
    name, known = full_name(name), list(methods)
    made = _of_methods(name, known) if name in OF_METHODS else of_all().get(name)
    if not isinstance(made, Spec):
        raise UsageError(f"table '{name}' has no rows of runs of its own")
    return replace(made, rows=tuple(_if_known(row, known) for row in made.rows))


def _if_known(row: Row, methods: list[str]) -> Row:
    side = row.side("top1")
    unknown = [part.name for part in side.parts if part.name not in methods] if side and methods else []
    if not unknown:
        return row
    return replace(row, setting="", lacking=f"method '{unknown[0]}' is not in this harness yet")
