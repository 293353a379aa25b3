"""What a run leaves: a typed, versioned record, part by part. No torch."""

from harness.record.schema.cost import Cost, StreamCost
from harness.record.schema.data import PARTS, DamagedFrames, DataFacts, PartName
from harness.record.schema.facts import Code, PluginFacts, Timings
from harness.record.schema.metrics import (
    Difference,
    Dominance,
    FusionScores,
    Metrics,
    Scores,
    Share,
    StreamMetrics,
)
from harness.record.schema.record import SCHEMA, Record, RunRecord
from harness.record.schema.start import Pair, Start, StartsFrom, Study

__all__ = [
    "PARTS",
    "SCHEMA",
    "Code",
    "Cost",
    "DamagedFrames",
    "DataFacts",
    "Difference",
    "Dominance",
    "FusionScores",
    "Metrics",
    "Pair",
    "PartName",
    "PluginFacts",
    "Record",
    "RunRecord",
    "Scores",
    "Share",
    "Start",
    "StartsFrom",
    "StreamCost",
    "StreamMetrics",
    "Study",
    "Timings",
]
