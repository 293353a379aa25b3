"""Which run is which: a hash of all that changes a result, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.config.schema import Config
from harness.record.schema import SCHEMA

# Settings that say where a data set's lists are and how strictly they are read. What comes of them, the
# videos with their labels and parts, is in the fingerprint; a path would make moved data another run.
WAYS_TO_THE_DATA = {"annotations", "train_list", "test_list", "labels", "media", "missing", "checks"}


def _seen(stream: dict[str, Any]) -> dict[str, Any]:
    """Without what is not used, so that a run is what it was before there was such a setting: what says
    nothing of a stream over colours, and rates that are those of `train`."""
    silent = {name for name in ("lr_factor", "head_lr_factor") if stream[name] == 1}
    silent |= set() if stream["modality"] == "flow" else {"modality", "flow"}
    return {name: value for name, value in stream.items() if name not in silent}


def run_id(
    config: Config,
    resolved: Mapping[str, Any],
    weights: Mapping[str, str | None],
    fingerprint: str,
    plugins: Iterable[str] = (),
) -> str:
    """12 hex digits over the configuration, what was resolved (precision, micro-batch), weights and data.

    weights: SHA-256 of each stream's weights file. plugins: identities of those that the run uses. Roots,
    device, workers and output folder are not in it.
    """
    # The asked precision ("auto") says nothing beside the resolved one.
    asked = {name: value for name, value in config.plain().items() if name != "precision"}
    settings = config.data.settings
    asked["data"] = asked["data"] | {
        "settings": {name: settings[name] for name in settings if name not in WAYS_TO_THE_DATA}
    }
    for stream in ("local", "global"):
        asked[stream] = _seen(asked[stream])
    if not config.fit.folds:
        asked["fit"] = {name: value for name, value in asked["fit"].items() if name != "folds"}
    if not config.fit.share and not config.fit.folds:
        del asked["fit"]  # nothing is held out: the run is what it was before there was this setting
    if not config.fusion:
        del asked["fusion"]
    identity: dict[str, Any] = {
        "schema": SCHEMA,
        "config": asked,
        "resolved": dict(resolved),
        "weights": dict(weights),
        "data": fingerprint,
    }
    if used := sorted(plugins):
        identity["plugins"] = used
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
