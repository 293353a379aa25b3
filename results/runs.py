"""Runs of which the same is asked again and again: by the shapes of their configurations. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Protocol, TypeVar

from harness.record.index.shape import Shape, shape_of


class Configured(Protocol):
    """A record, or anything else that was run with a configuration."""

    @property
    def config(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Configured)


class Runs(list[R]):
    """Records, or failures, of which the same is asked again and again: it is not changed."""

    def __init__(self, records: Iterable[R] = ()) -> None:
        super().__init__(records)
        self.protocols: dict[tuple[str, ...], dict[str, Runs[R]]] = {}

    @cached_property
    def places(self) -> dict[Shape, list[int]]:
        """Where each shape's are, in their order."""
        found: dict[Shape, list[int]] = {}
        for place, record in enumerate(self):
            found.setdefault(shape_of(record.config), []).append(place)
        return found


def by_shape(records: Sequence[R]) -> dict[Shape, list[int]]:
    """The places of records that are configured alike."""
    return (records if isinstance(records, Runs) else Runs(records)).places
