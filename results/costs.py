"""Counted costs of full networks: committed `harness profile … --json`. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from harness.papers.views import PAPER_VIEWS
from results.claims.side import Network, Side


@dataclass(frozen=True)
class Counted:
    """parameters; macs, flops: of one view. counter: what counted. latency_ms, memory_mb: where measured."""

    network: Network
    parameters: int
    macs: int
    flops: int
    counter: str
    uncounted: tuple[str, ...]
    latency_ms: float | None = None
    memory_mb: float | None = None
    device: str = ""


@cache
def counted() -> dict[Network, Counted]:
    """Every row of results/measured/cost/*.json that is of a full-width network with 400 classes.

    Of two rows on one network, the one that was measured, or the later file's.
    """
    rows: dict[Network, Counted] = {}
    folder = resources.files("results").joinpath("measured/cost")
    for file in sorted(folder.iterdir(), key=lambda item: item.name) if folder.is_dir() else []:
        if file.name.endswith(".json"):
            for row in json.loads(file.read_text(encoding="utf-8")):
                if row.get("width") == 1 and row["classes"] == 400:  # one that failed has neither
                    found = _counted(row)
                    there = rows.get(found.network)
                    if found.latency_ms is not None or there is None or there.latency_ms is None:
                        rows[found.network] = found
    return rows


def cost(side: Side) -> float | None:
    """A metric of a side of kind "network", streams added up; None where a network was not counted."""
    found = [counted().get(network) for network in side.networks()]
    if not all(found):
        return None
    rows = [row for row in found if row]
    if side.metric == "parameters_m":
        return sum(row.parameters for row in rows) / 1e6
    views = PAPER_VIEWS if side.metric == "gmacs_video" else 1
    return views * sum(row.macs for row in rows) / 1e9


def missing(side: Side) -> list[Network]:
    """The networks of one side of a claim whose cost was not counted."""
    return [network for network in side.networks() if network not in counted()]


def command(network: Network) -> str:
    """What counts it."""
    return (
        f"harness profile {network.name} --frames {network.frames} --size {network.size} --no-latency --json"
    )


def _where(speed: dict, environment: dict) -> str:
    """`AMD EPYC, fp32, 2 threads, torch 2.15.0`."""
    name = environment.get("device_name") or speed["device"]
    count = environment.get("cpu_threads") if speed["device"] == "cpu" else None
    threads = f", {count} threads" if count else ""
    torch = environment.get("torch", "not stated").partition("+")[0]
    return f"{name}, {speed['precision']}{threads}, torch {torch}"


def _counted(row: dict) -> Counted:
    speed = row.get("latency") or {}
    memory = speed.get("peak_memory_bytes")
    return Counted(
        network=Network(row["backbone"], row["frames"], row["size"]),
        parameters=row["parameters"],
        macs=row["macs"],
        flops=row["flops"],
        counter=row["counter"],
        uncounted=tuple(row["uncounted"]),
        latency_ms=1000 * speed["median_s"] if speed else None,
        memory_mb=memory / 1e6 if memory else None,
        device=_where(speed, row.get("environment", {})) if speed else "",
    )
