"""Which plug-ins a run uses: a part of its identity and of its record. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from backbones.base.errors import UsageError, UserError
from backbones.base.plugin import Plugin
from backbones.base.registry import Registry
from backbones.registry import BACKBONES
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.record.schema import PluginFacts, RunRecord
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS

REGISTRIES: tuple[Registry, ...] = (METHODS, FUSIONS, DATASETS, BACKBONES)
P = TypeVar("P")
R = TypeVar("R", bound=RunRecord)


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


def loaded() -> dict[str, str]:
    """SHA-256 by name of the plug-ins whose entries are in the registries."""
    return {plugin.name: plugin.sha256 for registry in REGISTRIES for plugin in registry.origins()}


def other_versions(recorded: Iterable[tuple[str, str]]) -> list[str]:
    """Of the plug-ins of a run, (name, SHA-256), those that are loaded here as another version."""
    here = loaded()
    return [name for name, sha256 in recorded if here.get(name, sha256) != sha256]


def check_loaded(record: RunRecord) -> None:
    """Raises UsageError where none of the entries of a plug-in that the run used is known here."""
    for each in record.plugins:
        if each.adds and not any(registry.find(name) for registry, name in _entries(each)):
            raise UsageError(f"run {record.id} used {', '.join(each.adds)}, not known here: {_needed(each)}")


def check_same(record: RunRecord) -> None:
    """Raises UserError where a plug-in of the run is not known here, or is another version of it."""
    check_loaded(record)
    here = set(loaded().values())
    for each in record.plugins:
        if each.sha256 in here:
            continue
        used_it = f"run {record.id} used the plug-in {each.source}"
        if any(name in registry and not registry.origin(name) for registry, name in _entries(each)):
            # An import leaves no trace of which file, and which version of it, an entry came from.
            raise UserError(
                f"{used_it}, and here {each.adds[0]} was added by no plug-in, but by an import or by hand; "
                f"{_needed(each)} instead, in a new process"
            )
        then = f"as it was then (SHA-256 {each.sha256[:12]}), and here it is another version"
        raise UserError(f"{used_it} {then}: {_needed(each)}, unchanged")


def _entries(plugin: PluginFacts) -> list[tuple[Registry, str]]:
    """(registry, name) of what it adds."""
    return [
        (registry, entry.removeprefix(f"{registry.kind} "))
        for registry in REGISTRIES
        for entry in plugin.adds
        if entry.startswith(f"{registry.kind} ")
    ]


def _needed(plugin: PluginFacts) -> str:
    """What makes its entries known."""
    paper, slash, _ = plugin.name.partition("/")
    if not plugin.source.endswith(".py"):
        return f"install {plugin.source}"
    return f"give --paper DIR, the folder of paper '{paper}'" if slash else f"give --plugin {plugin.source}"


def one_version(found: Sequence[tuple[P, R]]) -> tuple[list[tuple[P, R]], list[str]]:
    """(records of one version of each plug-in, a line for each version whose runs are left out).

    An edited plug-in is another experiment. The version that is loaded here counts, and that of the newest
    run where none is.
    """
    here, newest = loaded(), dict[str, tuple[str, str]]()
    for _, record in found:
        for each in record.plugins:
            newest[each.name] = max(newest.get(each.name, ("", "")), (record.finished, each.sha256))
    wanted = {name: sha256 for name, (_, sha256) in newest.items()} | here
    kept, left = [], Counter[tuple[str, str]]()
    for pair in found:
        others = [each for each in pair[1].plugins if each.sha256 != wanted[each.name]]
        left.update((each.name, each.sha256) for each in others[:1])
        kept += [pair] * (not others)
    return kept, [_left_out(count, *which, which[0] in here) for which, count in left.items()]


def _left_out(count: int, name: str, sha256: str, here: bool) -> str:
    runs = "1 run was" if count == 1 else f"{count} runs were"
    than = "the one that is loaded" if here else "that of the newest run"
    which = f"plug-in '{name}' (SHA-256 {sha256[:12]})"
    return f"{runs} made with another version of {which} than {than}: not counted"
