"""`harness table cost`: every network that was counted, next to what sources report."""

from __future__ import annotations

from harness.papers.views import PAPER_VIEWS
from results.claims.networks import Reported, table
from results.claims.side import Network
from results.costs import Counted, counted
from results.tables.model import Cell, Table, number, words

COLUMNS = [
    *("network", "clip", "M parameters ↓", "M reported", "G MACs ↓", "G MACs reported", "G FLOPs ↓"),
    *(f"T MACs, {PAPER_VIEWS} views ↓", "ms ↓", "peak MB ↓"),
]


def cost_table() -> Table:
    made = Table("cost", "Cost of one view, full-width networks, 400 classes", COLUMNS, keys=2)
    for row in sorted(counted().values(), key=lambda item: (item.network.name, item.network.frames)):
        made.rows.append(_row(row))
    devices = dict.fromkeys(row.device for row in counted().values() if row.device)
    made.footer = [
        f"counted by {row.counter}; a multiply-add is 1 MAC = 2 FLOPs; many papers call their "
        "multiply-adds FLOPs",
        "ms and peak MB: median latency and peak memory of one clip, where measured ("
        + "; ".join(devices)
        + ")",
        "reported: by the source; derived (d): by arithmetic on the layers",
        *(
            f"{item.backbone}: {item.source}" + f" ({item.note})" * bool(item.note)
            for item in table()
            if Network(item.backbone, item.frames, item.size) in counted()
        ),
    ]
    return made


def _row(row: Counted) -> list[Cell]:
    network = row.network
    rows = [item for item in table() if Network(item.backbone, item.frames, item.size) == network]
    return [
        words(network.name),
        words(f"{network.frames}x{network.size}x{network.size}"),
        number(row.parameters / 1e6, 2),
        words(_reported(rows, "parameters_m")),
        number(row.macs / 1e9, 2),
        words(_reported(rows, "gmacs")),
        number(row.flops / 1e9, 1),
        number(PAPER_VIEWS * row.macs / 1e12, 2),
        number(row.latency_ms),
        number(row.memory_mb, 0),
    ]


def _reported(rows: list[Reported], field: str) -> str:
    values = [(getattr(row, field), row.provenance) for row in rows if getattr(row, field) is not None]
    return ", ".join(f"{value:g}{' (d)' * (provenance == 'derived')}" for value, provenance in values)
