"""What a run's networks cost, and the full networks that they stand for."""

from __future__ import annotations

from pydantic import Field

from harness.record.schema.strict_model import Part


class StreamCost(Part):
    """Cost of one stream for one view; `views` of them make a video's test.

    label: "r2plus1d50 ×¼". macs: multiply-adds; flops: 2 per multiply-add, by `counter`.
    uncounted: operators that no counter saw. latency_ms: median of one view in a batch of one.
    """

    label: str
    frames: int
    size: int
    width: float
    parameters: int
    macs: int
    flops: int
    counter: str
    cross_check_macs: int | None = None
    uncounted: list[str] = Field(default_factory=list)
    views: int
    latency_ms: float | None = None
    peak_memory_mb: float | None = None
    memory_method: str | None = None
    device: str | None = None
    precision: str | None = None
    batch: int | None = None


class Cost(Part):
    """run: of this run's networks. full: of the full-width networks at the paper's input, counted only."""

    run: dict[str, StreamCost]
    full: dict[str, StreamCost]
