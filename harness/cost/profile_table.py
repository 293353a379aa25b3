"""Profiles as a table on the terminal, with what sources report below each network."""

from __future__ import annotations

from typing import Any

from harness.papers.views import PAPER_VIEWS

COLUMNS = (*("", "clip", "M parameters", "G MACs", "G FLOPs", "ms", "views/s", "peak MB", "s, 10x3", "on"),)
Row = dict[str, Any]


def show(rows: list[Row]) -> None:
    from rich.console import Console

    from harness.console import columns

    console = Console(highlight=False)
    lines: list[tuple[str, ...]] = []
    sources: list[str] = []
    for row in rows:
        lines.append(_measured(row))
        lines += [_stage(stage) for stage in row.get("stages", [])]
        for item in row.get("reported", []):
            source = item["source"] + (f" ({item['note']})" if item["note"] else "")
            if source not in sources:
                sources.append(source)
            lines.append(_reported(item, sources.index(source) + 1))
    columns.show(console, "", COLUMNS, lines, keys=2)
    for number, source in enumerate(sources, start=1):
        console.print(f"({number}) {source}", soft_wrap=True, markup=False)
    for line in _footer(rows):
        console.print(line, style="dim", soft_wrap=True, markup=False)


def _footer(rows: list[Row]) -> list[str]:
    counted = [row for row in rows if "macs" in row]
    if not counted:
        return [_why(row) for row in rows if _why(row)]
    speeds = [row["latency"] for row in counted if "latency" in row]
    lines = [
        f"counted by {counted[0]['counter']}, a multiply-add is 1 MAC = 2 FLOPs; reported: by the source; "
        f"derived: by arithmetic on the layers; {counted[0]['classes']} classes"
    ]
    if speeds:
        lines.append(
            f"ms: median of a pass of {speeds[0]['batch']} after {speeds[0]['warmup']} that are not timed; "
            f"peak MB: {speeds[0]['memory_method'] or 'not measured on this system'}; "
            f"s, 10x3: {PAPER_VIEWS} views at that throughput (derived; with --stages or --all)"
        )
    lines += [_why(row) for row in rows if _why(row)]
    lines += [f"{row['backbone']}: not counted: {', '.join(row['uncounted'])}" for row in counted]
    return lines


def _why(row: Row) -> str:
    why = row.get("failed") or row.get("not_measured")
    return f"{row['backbone']}: {why}" if why else ""


def _measured(row: Row) -> tuple[str, ...]:
    if "macs" not in row:
        return (f"{row['backbone']} failed", *["–"] * (len(COLUMNS) - 1))
    speed, memory = row.get("latency"), None
    if speed:
        memory = speed["peak_memory_bytes"]
    protocol = row.get("protocol", {}).get("seconds")
    return (
        f"{row['backbone']} {'measured' if speed else 'counted'}",
        f"{row['frames']}x{row['size']}x{row['size']}",
        f"{row['parameters'] / 1e6:.3f}",
        f"{row['macs'] / 1e9:.3f}",
        f"{row['flops'] / 1e9:.3f}",
        f"{1000 * speed['median_s']:.1f}" if speed else "–",
        f"{speed['views_per_s']:.2f}" if speed and "views_per_s" in speed else "–",
        f"{memory / 1e6:.0f}" if memory else "–",
        f"{protocol:.1f}" if protocol else "–",
        f"{speed['device']} {speed['precision']}" if speed else "–",
    )


def _stage(stage: Row) -> tuple[str, ...]:
    seconds, memory = stage.get("median_s"), stage.get("peak_increase_bytes")
    return (
        f"  {stage['stage']}",
        *("", ""),
        f"{stage['macs'] / 1e9:.3f}",
        f"{2 * stage['macs'] / 1e9:.3f}",
        f"{1000 * seconds:.1f}" if seconds is not None else "–",
        "",
        f"+{memory / 1e6:.0f}" if memory is not None else "–",
        *("", ""),
    )


def _reported(item: Row, number: int) -> tuple[str, ...]:
    def shown(value: float | None) -> str:
        return f"{value:g}" if value is not None else "–"

    flops = 2 * item["gmacs"] if item["gmacs"] is not None else None
    clip = f"{item['frames']}x{item['size']}x{item['size']}"
    numbers = (shown(item["parameters_m"]), shown(item["gmacs"]), shown(flops))
    return (f"  {item['provenance']} ({number})", clip, *numbers, *["–"] * (len(COLUMNS) - 5))
