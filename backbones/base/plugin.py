"""One plug-in: where entries of the registries came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class EntryOwner(Protocol):
    """The registry that holds an entry, as far as a plug-in needs it."""

    kind: str
    plural: str

    def remove(self, name: str) -> None: ...


def identity(source: str, sha256: str) -> str:
    """What a plug-in adds to the identity of a run: a file's name says nothing, a package's version does."""
    return sha256 if source.endswith(".py") else f"{source} {sha256}"


@dataclass(eq=False)
class Plugin:
    """Where entries came from.

    name: of the file without its suffix, or of the entry point. source: the file's name, or the package and
    its version. sha256: hex, of the file that was executed. added: (registry, name) of each entry. built_in:
    whether it comes with the harness, so that no command has to name it.
    """

    name: str
    source: str
    sha256: str = ""
    added: list[tuple[EntryOwner, str]] = field(default_factory=list)
    built_in: bool = False

    @property
    def identity(self) -> str:
        """What it adds to the identity of a run."""
        return identity(self.source, self.sha256)

    def remove_entries(self) -> None:
        """Takes its entries out of the registries."""
        for registry, name in self.added:
            registry.remove(name)
        self.added.clear()
