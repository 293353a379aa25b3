"""Registries of light entries of one kind: a name, what builds it, a few facts. It imports no torch."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from backbones.base import plugins
from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.imports import uncollected


class Entry(Protocol):
    @property
    def name(self) -> str: ...


E = TypeVar("E", bound=Entry)


def load(target: str) -> Callable[..., Any]:
    """The object that "module:name" says."""
    module, _, name = target.partition(":")
    with uncollected():
        return getattr(importlib.import_module(module), name)


class Registry(Generic[E]):
    """Entries of one kind ("backbone", "method", "fusion", "data set") by name.

    Installed plug-ins are loaded when a name is asked for that is not there, or when all are listed. One that
    cannot be loaded is said in a line on stderr and left out.
    """

    def __init__(self, kind: str, plural: str) -> None:
        self.kind, self.plural = kind, plural
        self._entries: dict[str, E] = {}
        self._origins: dict[str, plugins.Plugin] = {}
        self._points: dict[str, Any] | None = None
        self._broken: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def add(self, entry: E) -> E:
        if entry.name in self._entries:
            raise ValueError(f"two {self.plural} are called '{entry.name}'; choose another name")
        self._entries[entry.name] = entry
        if plugin := plugins.running():
            self._origins[entry.name] = plugin
            plugin.added.append((self, entry.name))
        return entry

    def remove(self, name: str) -> None:
        self._entries.pop(name, None)
        self._origins.pop(name, None)

    def alias(self, other: str, name: str) -> None:
        """Let `other`, a library's own name, find the entry `name`."""
        if self.own(other):
            raise ValueError(f"two {self.plural} are called '{other}'")
        self._aliases[other] = name

    def get(self, name: str) -> E:
        name = self._aliases.get(name, name)
        if name not in self:
            if name in self._broken:
                raise UserError(self._broken[name])
            known = [*self._entries, *self._aliases]
            raise UsageError(
                f"unknown {self.kind} '{name}'{suggestion(name, known) or ';'} "
                f"'harness list {self.plural}' shows all"
            )
        return self._entries[name]

    def origin(self, name: str) -> plugins.Plugin | None:
        """The plug-in that added the entry, or the open entry ("vtn:*") that `name` is found through."""
        return self._origins.get(name) or self._origins.get(f"{name.partition(':')[0]}:*")

    def own(self, name: str) -> bool:
        """Whether the entry is there already: no plug-in is loaded to find it."""
        return name in self._entries or name in self._aliases

    def aliases(self, name: str) -> list[str]:
        """Other names of the entry `name`."""
        return [other for other, own in self._aliases.items() if own == name]

    def names(self) -> list[str]:
        self._discover()
        return list(self._entries)

    def __iter__(self) -> Iterator[E]:
        self._discover()
        return iter(list(self._entries.values()))

    def __contains__(self, name: str) -> bool:
        if name in self._aliases:
            return True
        if name not in self._entries:
            self._discover(name)
        return name in self._entries

    def _discover(self, name: str | None = None) -> None:
        """Loads the installed plug-in called `name`; where there is none, or no name is given, all."""
        if self._points is None:
            self._points = plugins.installed(self.plural)
        asked = [name] if name is not None and name in self._points else list(self._points)
        for each in asked:
            if problem := plugins.load_point(self._points.pop(each)):
                self._broken[each] = problem
                if each != name:
                    print(f"warning: {problem}; it is left out", file=sys.stderr)
