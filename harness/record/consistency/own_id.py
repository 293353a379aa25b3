"""Whether a record is what its id stands for, and says the same in all its places. No torch."""

from __future__ import annotations

from backbones.base.plugin import identity
from harness.config.difference import AS_WEIGHTS
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.record.identity import IDENTITY, run_id
from harness.record.schema import RunRecord


def other_id(record: RunRecord, config: Config) -> str:
    """The id of the run that the record's settings, weights and videos make, if it is not the record's own.

    "" where they agree, and where it cannot be told: of an older version of the identity's rules, or of a
    data set from a plug-in that is not loaded. config: the record's.
    """
    unknown = record.plugins and DATASETS.find(config.data.dataset) is None
    if record.identity != IDENTITY or unknown:
        return ""
    weights = {name: (loaded or {}).get("sha256") for name, loaded in record.weights.items()}
    plugins = [identity(plugin.source, plugin.sha256) for plugin in record.plugins]
    # Stating what the data set does anyway makes no other run.
    found = [
        run_id(config, record.resolved, weights, record.data.fingerprint, plugins, flips)
        for flips in dict.fromkeys((None, config.data.flip))
    ]
    return "" if record.id in found else found[0]


def contradiction(record: RunRecord, config: Config) -> str:
    """What a record says twice and differently, as "fusion 'svm', not 'average'"; "" where nothing is."""
    said: dict[str, tuple[object, object]] = {
        "fusion": (record.fusion, config.method.fusion),
        "data.dataset": (record.data.dataset, config.data.dataset),
        "data.split": (record.data.split, config.data.split),
    }
    if record.precision and "precision" in record.resolved:
        said["precision"] = (record.precision, record.resolved["precision"])
    starts = {"local": record.starts_from.local, "global": record.starts_from.glob}
    for name, stream in config.streams().items():
        start, loaded = starts[name], record.weights.get(name) or {}
        weights = stream.weights.removeprefix(AS_WEIGHTS) if stream.weights is not None else None
        said[f"starts_from.{name}"] = (start.name, weights)
        said[f"starts_from.{name}.sha256"] = (start.sha256, loaded.get("sha256"))
    found = next((name for name, (one, other) in said.items() if one != other), "")
    return f"{found} {said[found][0]!r}, not {said[found][1]!r}" if found else ""
