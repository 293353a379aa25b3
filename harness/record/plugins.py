"""Which plug-ins a run uses: a part of its identity and of its record. No torch."""

from __future__ import annotations

from backbones.base.plugin import Plugin
from backbones.registry import BACKBONES
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.record.schema import PluginFacts
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS


def used(config: Config) -> list[Plugin]:
    """The plug-ins that something the configuration names comes from, by name."""
    origins = [
        METHODS.origin(config.method.name),
        FUSIONS.origin(config.method.fusion),
        DATASETS.origin(config.data.dataset),
        *(BACKBONES.origin(stream.backbone) for stream in config.streams().values()),
    ]
    return sorted({plugin for plugin in origins if plugin}, key=lambda plugin: plugin.name)


def facts(plugins: list[Plugin]) -> list[PluginFacts]:
    return [
        PluginFacts(
            name=plugin.name,
            source=plugin.source,
            sha256=plugin.sha256,
            adds=[f"{registry.kind} {name}" for registry, name in plugin.added],
        )
        for plugin in plugins
    ]
