"""Rows of a table as grouped bars: one group for each x, one bar for each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from results.figures.kinds.written import FigureText, listed, shown
from results.figures.model import Sheet, Source
from results.figures.parts.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    canvas,
    numbered,
    spread,
    write_lines,
    zoomed,
)
from results.figures.parts.tabled import seeds_of

LOOKS: tuple[dict[str, Any], ...] = (
    {"edgecolor": BLUE, "hatch": "///", "facecolor": "white"},
    {"edgecolor": ORANGE, "hatch": "...", "facecolor": "white"},
    {"edgecolor": BLACK, "facecolor": GREY},
    {"edgecolor": BLACK, "hatch": "xxx", "facecolor": "white"},
    {"edgecolor": BLACK, "facecolor": SKY},
)
ALL_BARS = 0.78  # of the room between two groups


def data(text: FigureText, source: Source) -> Sheet:
    made, _ = shown(text, source)
    made.notes += text.notes
    return made


@dataclass(frozen=True)
class Bars:
    """What is drawn: bars in groups by x, in series; base: the reference row, or none."""

    text: FigureText
    made: Sheet

    @property
    def bars(self) -> list[dict[str, Any]]:
        return listed(self.text, self.made)

    @property
    def base(self) -> dict[str, Any] | None:
        return self.made.data.get("baseline")

    @property
    def xs(self) -> list[str]:
        return list(dict.fromkeys(bar[self.text.x] for bar in self.bars))

    @property
    def series(self) -> list[str]:
        return list(dict.fromkeys(bar[self.text.series] for bar in self.bars))

    @property
    def width(self) -> float:
        return ALL_BARS / len(self.series)

    def at(self, bar: dict[str, Any]) -> float:
        """Where a bar stands: groups next to each other, and the series of each."""
        place = self.series.index(bar[self.text.series]) - (len(self.series) - 1) / 2
        return self.xs.index(bar[self.text.x]) + place * self.width

    def look(self, bar: dict[str, Any]) -> dict[str, Any]:
        return LOOKS[self.series.index(bar[self.text.series]) % len(LOOKS)]

    def frame(self, axes: Any, title: str) -> None:
        axes.set_xticks(range(len(self.xs)), [self.text.word(x) for x in self.xs])
        axes.set_xlim(-0.55, len(self.xs) - 0.45)
        axes.set_title(title)
        axes.set_ylabel("top-1, %")
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)


def draw(text: FigureText, made: Sheet) -> Any:
    figure, bars = canvas(made, 9.5, 3.6), Bars(text, made)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    _reported(left, bars)
    if (bars.base and bars.base["measured"]) or any(bar["measured"] for bar in bars.bars):
        _measured(right, bars)
    else:
        write_lines(right, ["not measured yet:", *made.fills[:2], *made.fills[3:]])
    return figure


def _reported(axes: Any, bars: Bars) -> None:
    """The reference, numbers, and bounds as triangles that point where the number may lie."""
    base = bars.base["reported"]["low"] if bars.base and bars.base["reported"] else None
    if base is not None:
        axes.axhline(base, color=BLACK, linewidth=1, linestyle=":")
        axes.annotate(f"{bars.text.reference} {base:g}", (-0.5, base), (0, 3), textcoords="offset points",
                      fontsize=8)  # fmt: skip
    for bar in bars.bars:
        _stated(axes, bars, bar)
    bars.frame(axes, f"reported on {bars.made.data['reported_on']}")
    given = [bar["reported"] for bar in bars.bars if bar["reported"]]
    ends = [end for each in given for end in (each["low"], each["high"]) if end is not None]
    middle = base if base is not None else sum(ends) / len(ends) if ends else 0.0
    room = max([0.5, *(1.3 * abs(end - middle) for end in ends)])
    axes.set_ylim(middle - room, middle + room)
    axes.set_xlabel(_marks(given, len(given) < len(bars.bars)), fontsize=8)


def _marks(given: list[dict[str, Any]], some_missing: bool) -> str:
    marks = ["◆ number"]
    marks += ["▼ upper bound"] * any(each["low"] is None for each in given)
    marks += ["▲ lower bound"] * any(each["high"] is None for each in given)
    return ", ".join(marks) + "; other bars are not given in the text" * some_missing


def _stated(axes: Any, bars: Bars, bar: dict[str, Any]) -> None:
    stated, colour, name = bar["reported"], bars.look(bar)["edgecolor"], bar[bars.text.series]
    if not stated:
        return
    if stated["low"] is not None and stated["high"] is not None:
        middle = (stated["low"] + stated["high"]) / 2
        axes.plot(bars.at(bar), middle, "D", color=colour, markersize=7)
        axes.annotate(f"{name}: {middle:g}", (bars.at(bar), middle), (0, 8),
                      textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
        return
    upper = stated["low"] is None
    bound, sign = (stated["high"], "<") if upper else (stated["low"], ">")
    place = bars.at(bar), bound - 0.06 if upper else bound + 0.06
    axes.plot(*place, "v" if upper else "^", color=colour, markersize=8)
    axes.annotate(f"{name}\n{sign} {bound:g}", place, (0, -8 if upper else 8), textcoords="offset points",
                  ha="center", va="top" if upper else "bottom", fontsize=8)  # fmt: skip


def _measured(axes: Any, bars: Bars) -> None:
    base = bars.base["measured"] if bars.base else None
    found = [bar for bar in bars.bars if bar["measured"]]
    shown_ = [bar["measured"] for bar in found] + [base] * bool(base)
    lows = [each["low"] if each["low"] is not None else each["value"] for each in shown_]
    low, high = zoomed(lows, [each["high"] or each["value"] for each in shown_])
    if base:
        axes.axhspan(
            base["low"] or base["value"], base["high"] or base["value"], color=GREY, alpha=0.2, linewidth=0
        )
        axes.axhline(base["value"], color=BLACK, linewidth=1, linestyle=":",
                     label=f"{bars.text.reference}, 95 %")  # fmt: skip
    for name in bars.series:
        _one_series(axes, bars, [bar for bar in found if bar[bars.text.series] == name])
    numbered(axes, [(bars.at(bar), bar["measured"]) for bar in found], low)
    for bar in bars.bars:
        if not bar["measured"]:
            axes.annotate("not run", (bars.at(bar), low), (0, 3), textcoords="offset points", ha="center",
                          rotation=90, fontsize=7, color="#666666")  # fmt: skip
    bars.frame(axes, f"measured, {seeds_of(shown_)}")
    axes.set_ylim(low, high + 0.22 * (high - low))  # room for the legend
    axes.set_xlabel(f"axis starts at {low:.1f}\n{bars.made.data['measured_on']}", fontsize=8)
    axes.legend(loc="upper left", ncols=2)


def _one_series(axes: Any, bars: Bars, group: list[dict[str, Any]]) -> None:
    if not group:
        return
    values, name = [bar["measured"] for bar in group], group[0][bars.text.series]
    drawn = axes.bar([bars.at(bar) for bar in group], [each["value"] for each in values], bars.width * 0.92,
                     yerr=spread(values), capsize=2.5, error_kw={"elinewidth": 1},
                     label=bars.text.legend.get(name, name), **bars.look(group[0]))  # fmt: skip
    for one, bar in zip(drawn, group, strict=True):
        one.set_gid(f"measured-{bar[bars.text.x]}-{name}")
