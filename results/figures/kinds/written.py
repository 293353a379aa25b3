"""`figures.yaml`: the figures of a paper, each one of a few kinds, from the rows of one of its tables."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from backbones.base.errors import suggestion
from harness.papers.folder import FIGURES
from harness.papers.registry import PAPERS
from harness.papers.strict import Strict, Tree, check_plain, read_yaml, refuse, validated
from results.figures.model import Sheet, Source
from results.figures.parts.tabled import entries, sheet, table_of
from results.tables.spec import Spec
from results.tables.written.maker import tables_of

# What a kind reads of each row's `group`: the names of the figure's own keys.
READS = {
    "dots": ("x", "series"),
    "bars": ("x", "series"),
    "rows": (),
    "points": ("network", "marker", "colour"),
    "grid": ("x", "y", "panel"),
    "lines": ("x", "series"),
    "table": (),
}
LISTS = {"dots": "dots", "points": "points", "grid": "points", "lines": "points", "bars": "bars"}
NUMERIC = {"grid": ("x", "y"), "lines": ("x",)}


class FigureText(Strict):
    """One figure. table: of this paper, whose rows it shows. shows: a line for lists of figures.

    x, y, series, panel, network, marker, colour: names in the rows' `group`, as far as the kind needs them.
    reference: the row that dots and bars are drawn against. highlight: a row that stands out. cost: the axis
    of points. words: {a value in `group`: what is written for it}. legend: the same in the legend.
    xlabel, ylabel: of axes. framed: what the frame of a cell with a reported number means. log: whether the
    x of lines is logarithmic. called: what `--json` calls the list of rows.
    """

    kind: Literal["dots", "bars", "rows", "points", "grid", "lines", "table"]
    table: str
    title: str
    shows: str
    x: str = ""
    y: str = ""
    series: str = ""
    panel: str = ""
    network: str = ""
    marker: str = ""
    colour: str = ""
    reference: str = ""
    highlight: str = ""
    cost: Literal["parameters_m", "gmacs"] = "parameters_m"
    words: dict[str, str] = Field(default_factory=dict)
    legend: dict[str, str] = Field(default_factory=dict)
    xlabel: str = ""
    ylabel: str = ""
    framed: str = "reported"
    log: bool = False
    called: str = ""
    notes: tuple[str, ...] = ()
    name: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _whole(self) -> FigureText:
        if lacking := [key for key in NEEDED.get(self.kind, ()) if not getattr(self, key)]:
            raise ValueError(f"a figure of {self.kind} needs '{lacking[0]}': a name in the rows' group")
        return self

    @property
    def reads(self) -> dict[str, str]:
        """{key of the figure: name in the rows' group}, as far as it has them."""
        return {key: getattr(self, key) for key in READS[self.kind] if getattr(self, key)}

    @property
    def list_name(self) -> str:
        """What its data call the list of rows."""
        return self.called or LISTS.get(self.kind, "rows")

    def word(self, value: str) -> str:
        return self.words.get(value, value)


NEEDED = {
    "dots": ("x", "series"),
    "bars": ("x", "series"),
    "points": ("network",),
    "grid": ("x", "y"),
    "lines": ("x",),
}


def of_all() -> dict[str, FigureText]:
    """Every paper's figures by full name."""
    return {name: made for paper in PAPERS for name, made in figures_of(paper.name).items()}


@PAPERS.remembered
def figures_of(name: str) -> dict[str, FigureText]:
    """A `UsageError` names the file and the row of what is wrong."""
    paper = PAPERS.get(name)
    if not paper.has(FIGURES):
        return {}
    tree = read_yaml(paper.path(FIGURES))
    if not isinstance(tree.value, dict):
        refuse(tree.path, 1, "expected figures by name, as 'fig5: {kind: bars, table: main, …}'")
    found = {}
    for key, given in tree.value.items():
        check_plain(tree, key, "figure")
        text = validated(FigureText, tree, given, (key,))
        _check(text, tree, key, tables_of(name).get(paper.full(text.table)))
        full = paper.full(key)
        found[full] = text.model_copy(update={"name": full, "table": paper.full(text.table)})
    return found


def _check(text: FigureText, tree: Tree, key: str, table: Any) -> None:
    """Raises UsageError where the table does not give what the kind draws."""
    if not isinstance(table, Spec):
        names = [name.rpartition("/")[2] for paper in PAPERS for name in tables_of(paper.name)]
        refuse(
            tree.path,
            tree.row((key, "table")),
            f"'{key}': no table '{text.table}' of rows{suggestion(text.table, names)}",
        )
    labels = [row.label for row in table.rows]
    for name in filter(None, (text.reference, text.highlight)):
        if name not in labels:
            refuse(tree.path, tree.row((key,)), f"'{key}': no row '{name}'{suggestion(name, labels)}")
    for row in table.rows:
        group = dict(row.group)
        for own, name in text.reads.items() if row.label != text.reference else ():
            if name not in group:
                said = f"row '{row.label}' of table '{text.table}' has no '{name}' in its group"
                refuse(tree.path, tree.row((key, own)), f"'{key}': {said}")
            if own in NUMERIC.get(text.kind, ()) and not _is_number(group[name]):
                said = f"row '{row.label}': {name} is '{group[name]}'; expected a number"
                refuse(tree.path, tree.row((key, own)), f"'{key}': {said}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def shown(text: FigureText, source: Source) -> tuple[Sheet, list[dict[str, Any]]]:
    """(the figure as data, its rows): each with what `group` gives it under the names of the figure."""
    wanted, table = table_of(text.table, source)
    groups = {row.label: dict(row.group) for row in wanted.rows}
    rows = []
    for each in entries(wanted, table):
        group = groups.get(each["label"], {})
        rows.append({**each, **_placed(text, group), "group": group})
    called = text.list_name
    data: dict[str, Any] = {called: rows}
    if wanted.baseline:
        data["difference_to"] = wanted.rows[wanted.baseline].label
    if text.reference:
        base = next(each for each in rows if each["label"] == text.reference)
        data = {"baseline": base, called: [each for each in rows if each is not base]}
    made = sheet(text.name, text.title, wanted, table, data, intervals=text.kind != "grid")
    return made, rows


def listed(text: FigureText, made: Sheet) -> list[dict[str, Any]]:
    """The rows of a figure's data, without its reference."""
    return made.data[text.list_name]


def _placed(text: FigureText, group: dict[str, str]) -> dict[str, Any]:
    """Of bars, grids and lines, where the row stands; numbers as numbers."""
    if text.kind == "points":
        return {}
    numeric = NUMERIC.get(text.kind, ())
    return {
        name: float(group[name]) if own in numeric else group[name]
        for own, name in text.reads.items()
        if name in group
    }
