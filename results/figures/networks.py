"""Parameters of both streams against top-1 (MBD, Figure 4)."""

from __future__ import annotations

from typing import Any

from results.claims.side import Side
from results.costs import cost
from results.figures.model import Sheet, Source
from results.figures.parts.style import BLACK, BLUE, GREY, ORANGE, canvas, numbered, spread, write_lines
from results.figures.parts.tabled import entries, seeds_of, sheet, table_of

LOCAL_MARKERS = {"r2plus1d50": "o", "r2plus1d34": "s"}
SPATIAL_COLOURS = {"vtn_vitb": BLUE, "vtn_resnet50": ORANGE, "vtn_resnet101": GREY}


def data(source: Source) -> Sheet:
    wanted, table = table_of("networks", source)
    records = {record.id: record for record in source.loaded.records}
    rows = entries(wanted, table)
    for row in rows:
        local, glob = row["label"].split(" + ")
        row["full_m"] = cost(Side.parse(f"network:{local}@16x112+{glob}@16x224 @ parameters_m"))
        row["run_m"] = None
        if row["measured"]:
            costs = records[row["measured"]["runs"][0]].cost.run.values()
            row["run_m"] = sum(each.parameters for each in costs) / 1e6
    title = "Networks of the two streams: parameters against accuracy"
    made = sheet("networks", title, wanted, table, {"pairs": rows})
    empty = [row["label"] for row in rows if not row["measured"]]
    if len(empty) < len(rows):
        made.notes += [f"not run: {', '.join(empty)}"] * bool(empty)
    made.notes.append(
        "full networks: counted here, with 400 classes; the paper's text gives top-1 for one pair only"
    )
    return made


def draw(made: Sheet) -> Any:
    pairs = made.data["pairs"]
    figure = canvas(made, 9.5, 3.6)
    left, right = figure.subplots(1, 2)
    _reported(left, pairs, made.data["reported_on"])
    measured = [pair for pair in pairs if pair["measured"]]
    if measured:
        _measured(right, measured, made.data["measured_on"])
    else:
        write_lines(right, ["not measured yet:", *made.fills[:2], *made.fills[3:]])
    return figure


def _look(pair: dict[str, Any]) -> dict[str, Any]:
    local, glob = pair["label"].split(" + ")
    return {
        "marker": LOCAL_MARKERS.get(local, "^"),
        "color": SPATIAL_COLOURS.get(glob, BLACK),
        "markeredgecolor": BLACK,
        "markersize": 8,
    }


def _reported(axes: Any, pairs: list[dict[str, Any]], dataset: str) -> None:
    """A row for each pair at its parameters, with the accuracy where the paper states it."""
    for at, pair in enumerate(pairs):
        if pair["full_m"] is None:
            continue
        axes.plot(pair["full_m"], at, linestyle="", **_look(pair))
        text = f"{pair['reported']['low']:g} %" if pair["reported"] else "not stated"
        axes.annotate(text, (pair["full_m"], at), (9, 0), textcoords="offset points", va="center", fontsize=8,
                      weight="bold" if pair["reported"] else "normal")  # fmt: skip
    axes.set_yticks(range(len(pairs)), [pair["label"] for pair in pairs])
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_title(f"reported on {dataset}")
    axes.set_xlabel("parameters of both full networks, millions\ntop-1 next to each marker")
    axes.grid(alpha=0.3)
    axes.margins(x=0.3)


def _measured(axes: Any, pairs: list[dict[str, Any]], place: str) -> None:
    place = place.rpartition(",")[0]  # its networks are this figure's markers
    points = [pair["measured"] for pair in pairs]
    below, above = spread(points)
    for pair, down, up in zip(pairs, below, above, strict=True):
        axes.errorbar(pair["run_m"], pair["measured"]["value"], yerr=[[down], [up]], capsize=2.5,
                      ecolor=BLACK, elinewidth=1, linestyle="",
                      **_look(pair))  # fmt: skip
    numbered(axes, [(pair["run_m"], pair["measured"]) for pair in pairs])
    axes.set_title(f"measured, {seeds_of(points)}; markers as on the left")
    axes.set_xlabel(f"parameters of both networks as run, millions\n{place}", fontsize=8)
    axes.set_ylabel("top-1, %, 95 % interval")
    axes.margins(x=0.15, y=0.15)
    axes.grid(alpha=0.3)
