"""Which stream teaches, at which layers, as grouped bars (MBD, Figure 5)."""

from __future__ import annotations

from typing import Any

from results.figures.model import Sheet, Source
from results.figures.parts.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    canvas,
    numbered,
    spread,
    write_lines,
    zoomed,
)
from results.figures.parts.tabled import entries, seeds_of, sheet, table_of
from results.tables.catalogue import LEVELS

LOOKS = {
    "local": {"edgecolor": BLUE, "hatch": "///", "facecolor": "white"},
    "global": {"edgecolor": ORANGE, "hatch": "...", "facecolor": "white"},
    "dominant": {"edgecolor": BLACK, "facecolor": GREY},
}
WIDTH = 0.26


def data(source: Source) -> Sheet:
    wanted, table = table_of("teachers", source)
    rows = entries(wanted, table)
    for row in rows[1:]:
        row["level"], _, rest = row["label"].partition(": ")
        row["teacher"] = rest.split()[0]
    title = "Which stream teaches, at which layers (average fusion)"
    return sheet("teachers", title, wanted, table, {"baseline": rows[0], "bars": rows[1:]})


def draw(made: Sheet) -> Any:
    figure = canvas(made, 9.5, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    _reported(left, made)
    if made.data["baseline"]["measured"] or any(bar["measured"] for bar in made.data["bars"]):
        _measured(right, made)
    else:
        write_lines(right, ["not measured yet:", *made.fills[:2], *made.fills[3:]])
    return figure


def _at(bar: dict[str, Any]) -> float:
    """Where a bar stands: levels next to each other, and the teachers of each."""
    return list(LEVELS).index(bar["level"]) + (list(LOOKS).index(bar["teacher"]) - 1) * WIDTH


def _frame(axes: Any, title: str) -> None:
    axes.set_xticks(range(len(LEVELS)), [f"{level} layer{'s' * (level == 'both')}" for level in LEVELS])
    axes.set_xlim(-0.55, len(LEVELS) - 0.45)
    axes.set_title(title)
    axes.set_ylabel("top-1, %")
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)


def _reported(axes: Any, made: Sheet) -> None:
    """The baseline, the one stated number, and bounds as triangles that point where the number may lie."""
    base = made.data["baseline"]["reported"]["low"]
    axes.axhline(base, color=BLACK, linewidth=1, linestyle=":")
    axes.annotate(f"no distillation {base:g}", (-0.5, base), (0, 3), textcoords="offset points", fontsize=8)
    for bar in made.data["bars"]:
        stated, look = bar["reported"], LOOKS[bar["teacher"]]
        if stated and stated["low"] is not None and stated["high"] is not None:
            axes.plot(_at(bar), stated["low"], "D", color=look["edgecolor"], markersize=7)
            axes.annotate(f"{bar['teacher']}: {stated['low']:g}", (_at(bar), stated["low"]), (0, 8),
                          textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
        elif stated:
            place = _at(bar), stated["high"] - 0.06
            axes.plot(*place, "v", color=look["edgecolor"], markersize=8)
            axes.annotate(f"{bar['teacher']}\n< {stated['high']:g}", place, (0, -8),
                          textcoords="offset points", ha="center", va="top", fontsize=8)  # fmt: skip
    _frame(axes, f"reported on {made.data['reported_on']}")
    axes.set_ylim(base - 0.5, base + 0.5)
    axes.set_xlabel("◆ number, ▼ upper bound; other bars are not given in the text", fontsize=8)


def _measured(axes: Any, made: Sheet) -> None:
    base, bars = made.data["baseline"]["measured"], made.data["bars"]
    points = [bar["measured"] for bar in bars if bar["measured"]]
    shown = points + [base] * bool(base)
    lows = [each["low"] if each["low"] is not None else each["value"] for each in shown]
    low, high = zoomed(lows, [each["high"] or each["value"] for each in shown])
    if base:
        axes.axhspan(
            base["low"] or base["value"], base["high"] or base["value"], color=GREY, alpha=0.2, linewidth=0
        )
        axes.axhline(base["value"], color=BLACK, linewidth=1, linestyle=":", label="no distillation, 95 %")
    for teacher, look in LOOKS.items():
        group = [bar for bar in bars if bar["teacher"] == teacher and bar["measured"]]
        if group:
            values = [bar["measured"] for bar in group]
            drawn = axes.bar([_at(bar) for bar in group], [each["value"] for each in values], WIDTH * 0.92,
                             yerr=spread(values), capsize=2.5, error_kw={"elinewidth": 1},
                             label=f"{teacher} stream teaches", **look)  # fmt: skip
            for one, bar in zip(drawn, group, strict=True):
                one.set_gid(f"measured-{bar['level']}-{teacher}")
    numbered(axes, [(_at(bar), bar["measured"]) for bar in bars if bar["measured"]], low)
    for bar in bars:
        if not bar["measured"]:
            axes.annotate("not run", (_at(bar), low), (0, 3), textcoords="offset points", ha="center",
                          rotation=90, fontsize=7, color="#666666")  # fmt: skip
    _frame(axes, f"measured, {seeds_of(shown)}")
    axes.set_ylim(low, high + 0.22 * (high - low))  # room for the legend
    axes.set_xlabel(f"axis starts at {low:.1f}\n{made.data['measured_on']}", fontsize=8)
    axes.legend(loc="upper left", ncols=2)
