"""Registries of light entries: a name, its builder, a few facts. What is named is imported when built."""

from __future__ import annotations

import difflib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from backbones import plugins
from backbones.errors import UsageError, UserError
from backbones.spec import InputSpec

if TYPE_CHECKING:
    from backbones.contract import Backbone


class Entry(Protocol):
    @property
    def name(self) -> str: ...


E = TypeVar("E", bound=Entry)


def load(target: str) -> Callable[..., Any]:
    """The object that "module:name" says."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def suggestion(name: str, known: list[str]) -> str:
    """`; did you mean 'x'?` for a misspelt name, or nothing."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


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


@dataclass(frozen=True)
class BackboneEntry:
    """A backbone by name.

    builder: "module:function" taking (classes, frames, size, width) and `arguments`, all by keyword.
    role: the stream it is made for. input: what its source feeds it. middle: its middle stage.
    weights: names that `--weights-…` knows for it. source: where the network is described.
    """

    name: str
    builder: str
    role: str
    input: InputSpec
    middle: str
    summary: str
    source: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[str, ...] = ()


REGISTRY: Registry[BackboneEntry] = Registry("backbone", "backbones")


def find(name: str) -> BackboneEntry:
    """The entry called `name`. `vtn:<timm name>` is found through the entry `vtn:*`."""
    import backbones.catalogue  # noqa: F401  (fills the registry; imports no torch)

    family, colon, inner = name.partition(":")
    if colon and not REGISTRY.own(name) and f"{family}:*" in REGISTRY:
        open_entry = REGISTRY.get(f"{family}:*")
        return replace(open_entry, name=name, arguments={**open_entry.arguments, "inner": inner})
    return REGISTRY.get(name)


def known(name: str) -> bool:
    """Whether `find` finds it: of an unloaded plug-in's backbone it does not."""
    try:
        find(name)
    except UserError:
        return False
    return True


def build(
    name: str,
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    in_channels: int = 3,
    **settings: Any,
) -> Backbone:
    """The backbone `name`, randomly initialised from torch's global generator.

    frames, size: T and crop side in pixels of its clips. width: factor on the channels (1 = as published).
    in_channels: C of its clips; other than 3, for optical flow, its first convolutions are made anew, unless
    the builder takes `in_channels` itself.
    settings: what else the family's builder takes (a `UsageError` names one that it does not).
    """
    entry = find(name)
    builder = load(entry.builder)
    sizes = {"classes": classes, "frames": frames, "size": size, "width": width}
    _check(name, builder, sizes | {"in_channels": in_channels}, settings)
    make = partial(builder, **{**entry.arguments, **settings})
    backbone = _with_channels(make, sizes, in_channels)
    backbone.frames, backbone.size, backbone.classes = frames, size, classes
    backbone.channels = in_channels
    backbone.middle = backbone.__dict__.get("middle", entry.middle)
    return backbone


def _with_channels(make: partial[Backbone], sizes: Mapping[str, Any], channels: int) -> Backbone:
    if "in_channels" in inspect.signature(make.func).parameters:
        return make(**sizes, in_channels=channels)
    backbone = make(**sizes)
    if channels != 3:
        import torch

        from backbones.stem import first_convolutions, take_channels

        with torch.device("meta"):
            full = make(**{**sizes, "width": 1.0})
        take_channels(backbone, first_convolutions(full), channels)
    return backbone


def _check(
    name: str, builder: Callable[..., Any], sizes: Mapping[str, float], settings: Mapping[str, Any]
) -> None:
    for what, value in sizes.items():
        if not value > 0:
            raise UsageError(f"backbone '{name}': {what} must be above 0, given {value}")
    known = [key for key in inspect.signature(builder).parameters if key not in sizes]
    for key in settings:
        if key not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            near = suggestion(key, [*known, "width"]) or ";"
            raise UsageError(f"backbone '{name}' has no setting '{key}'{near} {has}")
        wanted = inspect.signature(builder).parameters[key]
        if not _alike(settings[key], wanted):
            like = f"expected the like of {wanted.default!r}, its default"
            raise UsageError(f"backbone '{name}': {key} is {settings[key]!r}; {like}")


def _alike(given: Any, wanted: inspect.Parameter) -> bool:
    """Whether a number stands where the default is one, and a word where that is one."""
    default = wanted.default
    if given is None and "None" in str(wanted.annotation):  # "int | None = 36" of a plug-in
        return True
    if isinstance(default, bool) or not isinstance(default, int | float | str):
        return not isinstance(default, bool) or isinstance(given, bool)
    if isinstance(default, str):
        return isinstance(given, str)
    return isinstance(given, int | float) and not isinstance(given, bool)
