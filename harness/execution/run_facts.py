"""What a run's record states of its configuration, resolved before anything is trained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from harness.config.fusion_rules import rules_of
from harness.config.labels import labels
from harness.config.schema import Config
from harness.record.plugins import facts, used
from harness.record.schema import PluginFacts


@dataclass(frozen=True)
class RunFacts:
    """config: as plain types. labels: what each stream is called. fusion: the method's own rule.

    rules: that are scored. fusion_settings: of every rule, by its name.
    """

    config: dict[str, Any]
    labels: dict[str, str]
    fusion: str
    rules: list[str]
    fusion_settings: Mapping[str, Mapping[str, Any]]
    plugins: list[PluginFacts]


def run_facts(config: Config, unused: Collection[str]) -> RunFacts:
    """unused: the streams that the method neither trains nor runs."""
    return RunFacts(
        config=config.plain(),
        labels=labels(config.streams(), unused),
        fusion=config.method.fusion,
        rules=rules_of(config),
        fusion_settings=config.fusion,
        plugins=facts(used(config)),
    )
