"""Whether a record's id is that of what it says was run: an id stands for one configuration. No torch."""

from __future__ import annotations

from backbones.base.plugin import identity
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.record.identity import IDENTITY, run_id
from harness.record.schema import RunRecord


def other_id(record: RunRecord, config: Config) -> str:
    """The id of the run that the record's settings, weights and videos make, if it is not the record's own.

    "" where they agree, and where it cannot be told: of another version of the identity's rules, or of a
    data set from a plug-in that is not loaded. config: the record's.
    """
    if record.identity != IDENTITY or DATASETS.find(config.data.dataset) is None:
        return ""
    weights = {name: (loaded or {}).get("sha256") for name, loaded in record.weights.items()}
    plugins = [identity(plugin.source, plugin.sha256) for plugin in record.plugins]
    found = [
        run_id(config, record.resolved, weights, record.data.fingerprint, plugins, flips)
        for flips in (None, config.data.flip)  # stating what the data set does anyway makes no other run
    ]
    return "" if record.id in found else found[0]
