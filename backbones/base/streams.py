"""The two streams of a video by name, and what there is of each. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

StreamName = Literal["local", "global"]
LOCAL: StreamName = "local"
GLOBAL: StreamName = "global"
STREAMS: tuple[StreamName, StreamName] = (LOCAL, GLOBAL)
OTHER: Mapping[StreamName, StreamName] = {LOCAL: GLOBAL, GLOBAL: LOCAL}

T = TypeVar("T")
Other = TypeVar("Other")


@dataclass(frozen=True)
class PerStream(Generic[T]):
    """One value for each stream. `global` is a word of Python's, so the field is `glob`."""

    local: T
    glob: T

    @classmethod
    def of(cls, make: Callable[[StreamName], T]) -> PerStream[T]:
        """`make("local")` and `make("global")`, in this order."""
        return cls(make(LOCAL), make(GLOBAL))

    @classmethod
    def from_mapping(cls, values: Mapping[str, T]) -> PerStream[T]:
        return cls(values[LOCAL], values[GLOBAL])

    def __getitem__(self, name: StreamName) -> T:
        return {LOCAL: self.local, GLOBAL: self.glob}[name]

    def __iter__(self) -> Iterator[StreamName]:
        return iter(STREAMS)

    def items(self) -> Iterator[tuple[StreamName, T]]:
        yield LOCAL, self.local
        yield GLOBAL, self.glob

    def values(self) -> tuple[T, T]:
        return self.local, self.glob

    def map(self, change: Callable[[T], Other]) -> PerStream[Other]:
        return PerStream(change(self.local), change(self.glob))

    def plain(self) -> dict[str, Any]:
        """{"local": …, "global": …}, as files have it."""
        return dict(self.items())
