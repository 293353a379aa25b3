"""Weights of the two distillation losses: a surface as the paper draws it, and a heat map (MBD, Figure 7)."""

from __future__ import annotations

from typing import Any

from backbones.base.streams import STREAMS
from methods.defaults import defaults
from results.claims.side import Side
from results.figures.model import Sheet, Source
from results.figures.parts.style import BLACK, canvas, readable_on, write_lines
from results.figures.parts.tabled import entries, sheet, table_of


def data(source: Source) -> Sheet:
    wanted, table = table_of("loss-weights", source)
    points = [{**_weights(row["setting"]), **row} for row in entries(wanted, table)]
    for each in points:
        del each["to_first"]
    return sheet(
        "loss-weights",
        "Weights of the distillation losses, each stream tested alone",
        wanted,
        table,
        {"points": points},
        intervals=False,
    )


def _weights(setting: str) -> dict[str, Any]:
    side = Side.parse(f"{setting}.top1")
    given = {key.removeprefix("method."): value for key, value in side.tree().items()}
    kl, mse = ((defaults(side.name) | given)[key] for key in ("kl_weight", "mse_weight"))
    return {"kl": float(kl), "mse": float(mse), "stream": side.output}


def draw(made: Sheet) -> Any:
    figure = canvas(made, 9.0, 7.6)
    for row, stream in enumerate(STREAMS):
        points = [each for each in made.data["points"] if each["stream"] == stream]
        flat = figure.add_subplot(2, 2, 2 * row + 2)
        _heat(flat, stream, points)
        if sum(bool(each["measured"]) for each in points) >= 3:
            _surface(figure.add_subplot(2, 2, 2 * row + 1, projection="3d"), stream, points)
        else:
            lines = [f"{stream} stream: fewer than 3 of {len(points)} cells measured"]
            lines += made.fills[:1] + made.fills[3:] if not row else []
            write_lines(figure.add_subplot(2, 2, 2 * row + 1), lines)
    return figure


def _grid(points: list[dict[str, Any]]) -> tuple[list[float], list[float], Any]:
    """(KL weights, MSE weights, top-1 (MSE, KL)); not a number where nothing was measured, or one seed where
    other cells have several: a single seed is not compared with means, by a colour neither.
    """
    import numpy as np

    kls, mses = (sorted({each[key] for each in points}) for key in ("kl", "mse"))
    values = np.full((len(mses), len(kls)), np.nan)
    several = any(each["measured"] and each["measured"]["n"] > 1 for each in points)
    for each in points:
        if each["measured"] and not (several and each["measured"]["n"] == 1):
            values[mses.index(each["mse"]), kls.index(each["kl"])] = each["measured"]["value"]
    return kls, mses, values


def _heat(axes: Any, stream: str, points: list[dict[str, Any]]) -> None:
    import numpy as np

    kls, mses, values = _grid(points)
    axes.set_facecolor("white")
    image = axes.imshow(values, origin="lower", cmap="cividis", aspect="auto")
    image.set_gid(f"measured-{stream}")
    counts = {(each["kl"], each["mse"]): each["measured"] for each in points if each["measured"]}
    for row, mse in enumerate(mses):
        for col, kl in enumerate(kls):
            found = counts.get((kl, mse))
            text = f"{found['value']:.1f}\nn={found['n']}" if found else "not run"
            known = not np.isnan(values[row, col])
            colour = readable_on(image.to_rgba(values[row, col])) if known else "#777777"
            axes.text(col, row, text, ha="center", va="center", fontsize=7, color=colour)
    for each in points:
        if each["reported"]:
            at = kls.index(each["kl"]), mses.index(each["mse"])
            axes.add_patch(_frame(at))
            axes.set_xlabel(
                f"weight of KL (final layer); framed: reported maximum, {each['reported']['low']:g} %"
            )
    axes.set_xticks(range(len(kls)), [f"{kl:.1f}" for kl in kls])
    axes.set_yticks(range(len(mses)), [f"{mse:.1f}" for mse in mses])
    axes.set_ylabel("weight of MSE (middle layer)")
    axes.set_title(f"{stream} stream alone, top-1 in %, measured")
    if counts:
        axes.figure.colorbar(image, ax=axes, label="top-1, %", shrink=0.85)


def _frame(at: tuple[int, int]) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((at[0] - 0.48, at[1] - 0.48), 0.96, 0.96, fill=False, edgecolor="#D55E00", linewidth=2.5)


def _surface(axes: Any, stream: str, points: list[dict[str, Any]]) -> None:
    import numpy as np

    kls, mses, values = _grid(points)
    kl, mse = np.meshgrid(kls, mses)
    if not np.isnan(values).all():
        axes.plot_surface(kl, mse, values, cmap="cividis", alpha=0.75, edgecolor=BLACK, linewidth=0.3)
    known = ~np.isnan(values)
    axes.scatter(kl[known], mse[known], values[known], color=BLACK, s=10, depthshade=False)
    axes.set_xlabel("weight of KL")
    axes.set_ylabel("weight of MSE")
    axes.set_zlabel("top-1, %", labelpad=9)
    axes.tick_params(axis="z", pad=5)
    axes.view_init(elev=25, azim=-55)
    axes.set_title(f"{stream} stream alone, measured")
    axes.set_box_aspect(None, zoom=0.8)
