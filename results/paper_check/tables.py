"""What is wrong with a paper's tables and figures: rows that cannot be run, numbers of others. No torch."""

from __future__ import annotations

from collections.abc import Iterator

from backbones.base.errors import UserError
from harness.config.difference import run_key
from harness.papers.folder import FIGURES, Paper
from methods.catalogue import METHODS
from results import costs
from results.claims.claims import Claim, by_id
from results.claims.side import Side
from results.figures.kinds.written import figures_of
from results.paper_check.claims import configured, output_key, side_problems
from results.tables.spec import Row, Spec
from results.tables.written.maker import problems_of_rows, tables_of


def table_problems(paper: Paper) -> Iterator[str]:
    """A line for each problem of the paper's tables, with file and row."""
    if unread := list(problems_of_rows(paper)):
        yield from unread
        return
    for name, made in tables_of(paper.name).items():
        if isinstance(made, Spec):
            for row, said in _of_table(made):
                yield f"{made.place}:{row.line}: table '{name.rpartition('/')[2]}', row '{row.label}': {said}"


def _of_table(table: Spec) -> Iterator[tuple[Row, str]]:
    seen: dict[str, Row] = {}
    for row in table.rows:
        side = row.side("top1")
        if side is None:
            continue
        wrong = list(side_problems(side))
        yield from ((row, said) for said in wrong)
        if wrong:
            continue
        key = _key(side)
        if key in seen:
            yield row, f"the same configuration and output as row '{seen[key].label}'"
        seen[key] = row
        yield from ((row, said) for part in side.parts if (said := _untaught(part)))
        for metric, name in row.claims:
            if said := _another(table, row, metric, by_id()[name]):
                yield row, said


def _key(side: Side) -> str:
    """The same for two sides that are one configuration and output, or as many of them."""
    return "\n".join(sorted(output_key(part) for part in side.parts))


def _untaught(side: Side) -> str:
    """Of a method that needs a trained teacher, that nothing is named that trains it."""
    entry = METHODS.get(side.name)
    if not entry.teacher or entry.taught_by:
        return ""
    return f"method '{side.name}' needs a trained teacher; its entry names no method in 'taught_by'"


def _another(table: Spec, row: Row, metric: str, claim: Claim) -> str:
    """Where the claim that a row reports is of another data set, metric or setting."""
    side, name = row.side(metric), claim.id.rpartition("/")[2]
    if table.paper and claim.dataset and claim.dataset != table.paper:
        return f"claim '{name}' is on {claim.dataset}, the table on {table.paper}"
    if claim.than:
        return f"claim '{name}' is a difference or an order; a row reports a number"
    if side is None or not claim.left.is_run or _key(side) == _key(claim.left):
        return ""
    if _runs(side) != _runs(claim.left):
        return f"claim '{name}' is of another setting: {claim.setting}"
    return f"claim '{name}' is of {claim.left.metric}, the row of {side.metric}"


def _runs(side: Side) -> list[str]:
    return sorted(run_key(configured(part).plain()) for part in side.parts)


def figure_problems(paper: Paper) -> Iterator[str]:
    """What is missing is found in reading; of points, that each network's cost is known."""
    for name, figure in figures_of(paper.name).items():
        table = tables_of(paper.name)[figure.table]
        for row in table.rows if figure.kind == "points" and isinstance(table, Spec) else ():
            place = f"{paper.path(FIGURES)}: figure '{name.rpartition('/')[2]}'"
            try:
                side = Side.parse(f"network:{dict(row.group)[figure.network]} @ {figure.cost}")
                lacking = costs.missing(side)
            except (ValueError, UserError) as error:
                yield f"{place}, row '{row.label}': {error}"
                continue
            if lacking:
                yield f"{place}: the cost of {lacking[0].name} is not counted; {costs.command(lacking[0])}"


def shown_claims(paper: Paper) -> set[str]:
    """The ids of the claims whose numbers are in one of the paper's tables."""
    tables = (made for made in tables_of(paper.name).values() if isinstance(made, Spec))
    return {name for made in tables for row in made.rows for _, name in row.claims}
