"""Registries of light entries of one kind: a name, what builds it, a few facts. It imports no torch."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from typing import Any, Generic, Protocol, TypeVar

from backbones.base.errors import PluginWarning, UsageError, UserError, suggestion
from backbones.base.imports import uncollected
from backbones.base.plugin import Plugin
from backbones.base.plugins import PLUGINS, installed


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

    `in`, `names` and iteration look only at what is there. `get`, `find` and `discover` import installed
    plug-ins where they need to; one that cannot be loaded is left out with a `PluginWarning`.
    """

    def __init__(self, kind: str, plural: str, hint: Callable[[str], str] = lambda name: "") -> None:
        """hint: of a name that there is not, what was probably meant; "" where that is not known."""
        self.kind, self.plural, self.hint = kind, plural, hint
        self._entries: dict[str, E] = {}
        self._origins: dict[str, Plugin] = {}
        self._points: dict[str, EntryPoint] | None = None
        self._broken: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def add(self, entry: E) -> E:
        """Registers the entry and gives it back; a `ValueError` where its name is taken."""
        if entry.name in self._entries:
            raise ValueError(f"two {self.plural} are called '{entry.name}'; choose another name")
        self._entries[entry.name] = entry
        if plugin := PLUGINS.loading:
            self._origins[entry.name] = plugin
            plugin.added.append((self, entry.name))
        return entry

    def remove(self, name: str) -> None:
        """Forgets the entry, if there is one."""
        self._entries.pop(name, None)
        self._origins.pop(name, None)

    def alias(self, other: str, name: str) -> None:
        """Lets `other`, a library's own name, find the entry `name`; a `ValueError` where it is taken."""
        if other in self:
            raise ValueError(f"two {self.plural} are called '{other}'")
        self._aliases[other] = name

    def aliases(self, name: str) -> list[str]:
        """Other names of the entry `name`."""
        return [other for other, own in self._aliases.items() if own == name]

    def origin(self, name: str) -> Plugin | None:
        """The plug-in that added the entry, or the open entry ("vtn:*") that `name` is found through."""
        return self._origins.get(name) or self._origins.get(f"{name.partition(':')[0]}:*")

    def origins(self) -> set[Plugin]:
        """The plug-ins that entries came from."""
        return set(self._origins.values())

    def __contains__(self, name: str) -> bool:
        """Whether the entry is there already; no plug-in is imported."""
        return name in self._entries or name in self._aliases

    def __iter__(self) -> Iterator[E]:
        return iter(list(self._entries.values()))

    def names(self) -> list[str]:
        return list(self._entries)

    def find(self, name: str) -> E | None:
        """The entry, or None. Where it is not there, installed plug-ins are imported to look for it."""
        name = self._aliases.get(name, name)
        if name not in self._entries:
            self._import(name)
        return self._entries.get(name)

    def get(self, name: str) -> E:
        """As `find`, but raises UsageError where there is none, UserError where its plug-in is broken."""
        entry = self.find(name)
        if entry is not None:
            return entry
        if name in self._broken:
            raise UserError(self._broken[name])
        known = [*self._entries, *self._aliases]
        raise UsageError(
            f"unknown {self.kind} '{name}'{self.hint(name) or suggestion(name, known) or ';'} "
            f"'harness list {self.plural}' shows all; one of your own needs --plugin FILE.py"
        )

    def discover(self) -> Registry[E]:
        """This registry, after every installed plug-in of its kind was imported."""
        self._import()
        return self

    def _import(self, name: str | None = None) -> None:
        """Imports the installed plug-in called `name`; where there is none, or no name is given, all. First
        those that come with the harness."""
        PLUGINS.load_built_in()
        if name in self._entries:
            return
        if self._points is None:
            self._points = installed(self.plural)
        wanted = [name] if name is not None and name in self._points else list(self._points)
        for each in wanted:
            if problem := PLUGINS.load_point(self._points.pop(each)):
                self._broken[each] = problem
                if each != name:  # that one is an error, which `get` raises
                    warnings.warn(f"{problem}; it is left out", PluginWarning, stacklevel=3)
