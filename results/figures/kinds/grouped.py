"""Rows of a table in groups by x and in series: where each stands, and what the paper reports of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.marks import Look, looks
from results.figures.parts.panels import panels
from results.figures.parts.style import BLACK, GREY
from results.figures.parts.tabled import pretrainings_of

ROOM = 0.78  # that a group takes of the distance between two
Draw = Callable[[Any, "Groups", list[dict[str, Any]]], None]


def data(text: FigureText, source: Source) -> Sheet:
    made, _ = shown(text, source)
    made.notes += text.notes
    return made


@dataclass(frozen=True)
class Groups:
    """What is drawn: rows in groups by x, in series; base: the reference row, or none."""

    text: FigureText
    made: Sheet

    @property
    def rows(self) -> list[dict[str, Any]]:
        return listed(self.text, self.made)

    @property
    def base(self) -> dict[str, Any] | None:
        return self.made.data.get("baseline")

    @property
    def xs(self) -> list[str]:
        return list(dict.fromkeys(row[self.text.x] for row in self.rows))

    @property
    def series(self) -> list[str]:
        return list(dict.fromkeys(row[self.text.series] for row in self.rows))

    @property
    def width(self) -> float:
        return ROOM / len(self.series)

    @property
    def measured(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["measured"]]

    def at(self, row: dict[str, Any]) -> float:
        """Where a row stands: groups next to each other, and the series of each."""
        place = self.series.index(row[self.text.series]) - (len(self.series) - 1) / 2
        return self.xs.index(row[self.text.x]) + place * self.width

    def look(self, row: dict[str, Any]) -> Look:
        return looks(self.series)[row[self.text.series]]

    def frame(self, axes: Any, title: str) -> None:
        axes.set_xticks(range(len(self.xs)), [self.text.word(x) for x in self.xs])
        axes.set_xlim(-0.55, len(self.xs) - 0.45)
        axes.set_title(title)
        axes.set_ylabel("top-1, %")
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)


def draw(text: FigureText, made: Sheet, one_series: Draw) -> Any:
    """one_series: draws the measured values of one series."""
    groups = Groups(text, made)
    found = bool(groups.measured or (groups.base and groups.base["measured"]))
    figure, (left, *right) = panels(made, 9.5, 3.6, found, (1, 1.25))
    _reported(left, groups)
    for axes in right:
        _measured(axes, groups, one_series)
    return figure


def _reported(axes: Any, groups: Groups) -> None:
    """The reference, numbers, and bounds as triangles that point where the number may lie."""
    base = groups.base["reported"]["low"] if groups.base and groups.base["reported"] else None
    if base is not None:
        axes.axhline(base, color=BLACK, linewidth=1, linestyle=":")
        axes.annotate(f"{groups.text.reference} {base:g}", (1, base), (0, 3), textcoords="offset points",
                      xycoords=axes.get_yaxis_transform(), ha="right", fontsize=8)  # fmt: skip
    for row in groups.rows:
        _stated(axes, groups, row)
    groups.frame(axes, f"reported on {groups.made.data['reported_on']}")
    given = [row["reported"] for row in groups.rows if row["reported"]]
    ends = [end for each in given for end in (each["low"], each["high"]) if end is not None]
    middle = base if base is not None else sum(ends) / len(ends) if ends else 0.0
    room = max([0.5, *(1.3 * abs(end - middle) for end in ends)])
    axes.set_ylim(middle - room, middle + room)
    axes.set_xlabel(_key(given, len(given) < len(groups.rows)), fontsize=8)


def _key(given: list[dict[str, Any]], some_missing: bool) -> str:
    marks = ["mark: number"] * any(None not in each.values() for each in given)
    marks += ["▼ upper bound"] * any(each["low"] is None for each in given)
    marks += ["▲ lower bound"] * any(each["high"] is None for each in given)
    return "; ".join([*marks, *["others are not given in the text"] * some_missing])


def _stated(axes: Any, groups: Groups, row: dict[str, Any]) -> None:
    stated, look, name = row["reported"], groups.look(row), row[groups.text.series]
    if not stated:
        return
    if None not in stated.values():
        middle = (stated["low"] + stated["high"]) / 2
        axes.plot(groups.at(row), middle, markersize=7, markeredgecolor=BLACK, **look)
        axes.annotate(f"{name}: {middle:g}", (groups.at(row), middle), (0, 8),
                      textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
        return
    upper = stated["low"] is None
    bound, sign = (stated["high"], "<") if upper else (stated["low"], ">")
    caret = 11 if upper else 10  # its base lies on the bound
    axes.plot(groups.at(row), bound, marker=caret, markersize=8, markeredgecolor=BLACK, color=look["color"])
    place = {"xytext": (0, -12 if upper else 12), "va": "top" if upper else "bottom"}
    axes.annotate(f"{name}\n{sign} {bound:g}", (groups.at(row), bound), textcoords="offset points",
                  ha="center", fontsize=8, **place)  # fmt: skip


def _measured(axes: Any, groups: Groups, one_series: Draw) -> None:
    base = groups.base["measured"] if groups.base else None
    if base:
        low, high = (base[end] if base[end] is not None else base["value"] for end in ("low", "high"))
        axes.axhspan(low, high, color=GREY, alpha=0.2, linewidth=0)
        axes.axhline(base["value"], color=BLACK, linewidth=1, linestyle=":",
                     label=f"{groups.text.reference}, 95 %")  # fmt: skip
    for name in groups.series:
        group = [row for row in groups.measured if row[groups.text.series] == name]
        if group:
            one_series(axes, groups, group)
    found = [row["measured"] for row in groups.measured] + [base] * bool(base)
    groups.frame(axes, f"measured, {pretrainings_of(found)}")
    _beside(axes, groups)
    axes.set_xlabel(groups.made.data["measured_on"], fontsize=8)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)


def _beside(axes: Any, groups: Groups) -> None:
    """At the foot of each place how many seeds where they differ, and what was not run."""
    counts = {row["measured"]["n"] for row in groups.measured}
    foot = axes.get_xaxis_transform()
    for row in groups.rows:
        n = row["measured"]["n"] if row["measured"] else 0
        words = f"n={n}" if n and len(counts) > 1 else "" if n else "not run"
        if words:
            axes.annotate(words, (groups.at(row), 0), (0, 3), xycoords=foot, textcoords="offset points",
                          ha="center", rotation=0 if n else 90, fontsize=7, color="#555555")  # fmt: skip
