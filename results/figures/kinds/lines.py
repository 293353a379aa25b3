"""Rows of a table as lines over a number, such as the weight of a loss: reported and measured."""

from __future__ import annotations

from typing import Any

from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.marks import Look, dashes, looks, numbered, with_intervals
from results.figures.parts.panels import panels
from results.figures.parts.tabled import pretrainings_of

Rows = list[dict[str, Any]]


def data(text: FigureText, source: Source) -> Sheet:
    made, _ = shown(text, source)
    made.notes += text.notes
    return made


def draw(text: FigureText, made: Sheet) -> Any:
    rows = listed(text, made)
    points = [row["measured"] for row in rows if row["measured"]]
    figure, (left, *others) = panels(made, 9.5, 3.6, bool(points), (1, 1))
    for axes in (left, *others) if text.log else ():
        _grow_tenfold(axes, sorted({row[text.x] for row in rows}))
    _reported(left, text, rows, made.data["reported_on"])
    for right in others:
        _measured(right, text, rows)
        right.set_title(f"measured, {pretrainings_of(points)}")
        right.set_xlabel(f"{text.xlabel or text.x}\n{made.data['measured_on']}", fontsize=8)
    return figure


def _grow_tenfold(axes: Any, xs: list[float]) -> None:
    """A mark at each x; 0, which has no logarithm, stands left of the smallest of the others."""
    axes.set_xscale("symlog", linthresh=min((x for x in xs if x > 0), default=1.0), linscale=0.5)
    axes.set_xticks(xs, [f"{x:g}" for x in xs])
    axes.minorticks_off()


def _series(text: FigureText, rows: Rows) -> dict[str, Rows]:
    """Rows by series, each in the order of x; one series without a name where there is none."""
    found: dict[str, Rows] = {}
    for row in sorted(rows, key=lambda row: row[text.x]):
        found.setdefault(row["group"].get(text.series, ""), []).append(row)
    return found


def _reported(axes: Any, text: FigureText, rows: Rows, dataset: str) -> None:
    stated = [row for row in rows if row["reported"] and None not in row["reported"].values()]
    marks, styles = _looks(text, rows)
    for name, group in _series(text, stated).items():
        xs, ys = [row[text.x] for row in group], [row["reported"]["low"] for row in group]
        shown = text.legend.get(name, name) or None
        axes.plot(xs, ys, linestyle=styles[name], label=shown, **marks[name])
    if stated:  # as wide as the measured panel
        xs = [row[text.x] for row in rows]
        axes.plot(xs, [stated[0]["reported"]["low"]] * len(xs), alpha=0)
    axes.set_title(f"reported on {dataset}" if dataset else "reported")
    axes.set_xlabel(text.xlabel or text.x)
    _dress(axes, bool(text.series and stated))
    if not stated:
        axes.text(0.5, 0.5, "no number is given", transform=axes.transAxes, ha="center", color="#444444")


def _measured(axes: Any, text: FigureText, rows: Rows) -> None:
    found = [row for row in rows if row["measured"]]
    marks, styles = _looks(text, rows)
    for name, group in _series(text, found).items():
        drawn = with_intervals(axes, [row[text.x] for row in group], [row["measured"] for row in group],
                               linestyle=styles[name], label=text.legend.get(name, name) or None,
                               **marks[name])  # fmt: skip
        drawn[0].set_gid(f"measured-{name or 'line'}")
    numbered(axes, [(row[text.x], row["measured"]) for row in found])
    _dress(axes, bool(text.series))


def _looks(text: FigureText, rows: Rows) -> tuple[dict[str, Look], dict[str, Any]]:
    """Marks and line styles by series, the same in both panels."""
    names = list(_series(text, rows))
    return looks(names), dashes(names)


def _dress(axes: Any, legend: bool) -> None:
    axes.set_ylabel("top-1, %")
    axes.grid(alpha=0.3)
    axes.margins(x=0.1, y=0.2)
    if legend:
        axes.legend()
