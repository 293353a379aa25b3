"""Configurations by their shape: all but what tells repeats of a run apart, shared by all that have it.

Of ten thousand configurations a hundred are different but for seeds and the runs that they start from; what
is worked out of the shape is worked out once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

# What repeats of a run differ in.
OWN = (("seed",), ("local", "weights"), ("global", "weights"), ("data", "settings", "seed"))


@dataclass(frozen=True, eq=False)
class Shape:
    """template: a configuration with null in the places of `OWN`. memo: what others have worked out of it."""

    template: Mapping[str, Any]
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)


class Settings(dict[str, Any]):
    """A configuration that knows its shape; copies and changed ones are plain mappings."""

    shape: Shape


_shapes: dict[str, Shape] = {}


def shape_of(config: Mapping[str, Any]) -> Shape:
    """The same object for all configurations of that shape."""
    if isinstance(config, Settings):
        return config.shape
    return shape_from(split(config)[0])


def shape_from(text: str) -> Shape:
    """text: of a template, as `split` gives it."""
    if text not in _shapes:
        _shapes[text] = Shape(json.loads(text))
    return _shapes[text]


def split(config: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """(the template as JSON, the values that are taken out of it)."""
    tree, values = dict(config), []
    for path in OWN:
        if _has(tree, path):
            value, tree = _replaced(tree, path, None)
            values.append(value)
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")), values


def joined(shape: Shape, values: Sequence[Any]) -> Settings:
    """The configuration that was split."""
    tree, given = dict(shape.template), iter(values)
    for path in OWN:
        if _has(tree, path):
            _, tree = _replaced(tree, path, next(given))
    found = Settings(tree)
    found.shape = shape
    return found


def _has(tree: Any, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return False
        tree = tree[key]
    return True


def _replaced(tree: Mapping[str, Any], path: Sequence[str], value: Any) -> tuple[Any, dict[str, Any]]:
    """(what was there, a copy with `value` in its place)."""
    key, *rest = path
    if not rest:
        return tree[key], {**tree, key: value}
    old, inner = _replaced(tree[key], rest, value)
    return old, {**tree, key: inner}


class Configured(Protocol):
    """A record, or anything else that was run with a configuration."""

    @property
    def config(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Configured)


class Runs(list[R]):
    """Records, or failures, of which the same is asked again and again: it is not changed. memo: what others
    have worked out of all of them."""

    def __init__(self, records: Iterable[R] = ()) -> None:
        super().__init__(records)
        self.protocols: dict[tuple[str, ...], dict[str, Runs[R]]] = {}
        self.memo: dict[Any, Any] = {}

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
