"""Records over packed rows: a field is made when it is first asked for, what is not packed from the file."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from backbones.base.errors import UserError
from harness.record.index.packed import (
    FIELDS,
    FIRST_FIELD,
    METRICS,
    NO_TEXT,
    OWN_VALUES,
    TEMPLATE,
    VALIDATION,
    Row,
    ShareSlots,
    Values,
    filled,
    layout_from,
)
from harness.record.index.shape import joined, shape_from
from harness.record.reading import records_in
from harness.record.schema import Dominance, FusionScores, Metrics, Record, RunRecord, Share, StreamMetrics

# What unpacking raises where the index is damaged; the record itself is then read.
DAMAGED = (sqlite3.Error, struct.error, ValueError, LookupError, TypeError)
PLACES = {name: place for place, name in enumerate(FIELDS, start=FIRST_FIELD)}


class Texts:
    """Texts by number, and what has been made of them: many records share it."""

    def __init__(self, text: Callable[[int], str]) -> None:
        self._text = text
        self._made: dict[tuple[str, int], Any] = {}

    def made(self, what: str, number: int, make: Callable[[str], Any]) -> Any:
        if (what, number) not in self._made:
            self._made[what, number] = make(self._text(number))
        return self._made[what, number]

    def word(self, number: int) -> str:
        return str(self.made("word", number, str))

    def text(self, number: int) -> str:
        return self._text(number)


class _Lazy:
    """A model whose fields are made by `_make`. If that fails they are taken from `_whole`: the model as its
    file has it."""

    def __getattr__(self, name: str) -> Any:
        if name not in type(self).__pydantic_fields__:  # type: ignore[attr-defined]
            raise AttributeError(f"'{type(self).__name__}' has no attribute '{name}'")
        try:
            value = self._make(name)
        except DAMAGED:
            value = getattr(self._whole(), name)
        self.__dict__[name] = value
        return value

    def _make(self, name: str) -> Any:
        raise NotImplementedError

    def _whole(self) -> Any:
        raise NotImplementedError

    @classmethod
    def _over(cls, **given: Any) -> Self:
        """given: fields, and what `_make` needs."""
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", given)
        object.__setattr__(made, "__pydantic_fields_set__", set())
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made

    def __iter__(self) -> Generator[tuple[str, Any], None, None]:
        """As of the model itself, whose fields are all there: (name, value) of each."""
        for name in type(self).model_fields:  # type: ignore[attr-defined]
            yield name, getattr(self, name)

    def model_dump(self, **how: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._whole().model_dump(**how)
        return found

    def model_dump_json(self, **how: Any) -> str:
        found: str = self._whole().model_dump_json(**how)
        return found


@cache
def _key(kind: type[Any], name: str) -> str:
    """As the file names the field."""
    return kind.model_fields[name].serialization_alias or name


def _share(tree: dict[str, Any]) -> Share:
    """It was checked when it was packed; made as `_over` makes others, faster than by `model_construct`."""
    made = Share.__new__(Share)
    object.__setattr__(made, "__dict__", tree)
    object.__setattr__(made, "__pydantic_fields_set__", set(tree))
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made


class _LazyPart(_Lazy):
    """A part of the metrics. node: its layout. values: of all metrics. whole: the part as in the file."""

    def _make(self, name: str) -> Any:
        kind: Any = type(self)
        key = _key(kind, name)
        node = self.__dict__["node"]
        if name in ("per_class", "local_per_class"):
            return getattr(self._whole(), name)
        if isinstance(node[key], dict) and (made := self._part(name, node[key])) is not None:
            return made
        values, part = self.__dict__["values"], node[key]
        if isinstance(part, ShareSlots):
            return _share(part.tree(values))
        if isinstance(part, dict) and all(isinstance(each, ShareSlots) for each in part.values()):
            return {each: _share(slots.tree(values)) for each, slots in part.items()}
        return _adapter(kind, name).validate_python(filled(part, values))

    def _part(self, name: str, node: Mapping[str, Any]) -> Any:
        """A part that is lazy itself; None of all others."""
        return None

    def _whole(self) -> Any:
        return self.__dict__["whole"]()


class LazyStream(_LazyPart, StreamMetrics):
    """A stream's metrics."""


class LazyFusion(_LazyPart, FusionScores):
    """A fusion rule's scores."""


class LazyDominance(_LazyPart, Dominance):
    """Which stream dominates."""


class _Rules(Mapping[str, LazyFusion]):
    """The scores of fusion rules by their names, each made when it is asked for."""

    def __init__(self, node: Mapping[str, Any], values: Values, whole: Callable[[], Any]) -> None:
        self._node, self._values, self._whole = node, values, whole
        self._made: dict[str, LazyFusion] = {}

    def __getitem__(self, rule: str) -> LazyFusion:
        if rule not in self._made:
            node = self._node[rule]
            made = LazyFusion._over(node=node, values=self._values, whole=lambda: self._whole()[rule])
            self._made[rule] = made
        return self._made[rule]

    def __iter__(self) -> Iterator[str]:
        return iter(self._node)

    def __len__(self) -> int:
        return len(self._node)

    def __contains__(self, rule: object) -> bool:
        return rule in self._node


class LazyMetrics(_LazyPart, Metrics):
    """All metrics of a part of the videos."""

    def _part(self, name: str, node: Mapping[str, Any]) -> Any:
        values = self.__dict__["values"]
        if name == "fusion":
            return _Rules(node, values, lambda: self._whole().fusion)
        kinds: dict[str, Any] = {"local": LazyStream, "glob": LazyStream, "dominance": LazyDominance}
        if name not in kinds:
            return None
        return kinds[name]._over(node=node, values=values, whole=lambda: getattr(self._whole(), name))


class LazyRecord(_Lazy, Record):
    """row: packed. shared: its texts. path, line: where the record is. Without metrics where the run was not
    tested, as a `RunRecord`."""

    @classmethod
    def of(cls, row: Row, shared: Texts, path: Path, line: int) -> LazyRecord:
        return cls._over(id=row.id, finished=row.finished, row=row, shared=shared, path=path, line=line)

    def _make(self, name: str) -> Any:
        row, shared = self.__dict__["row"], self.__dict__["shared"]
        if name == "config":
            return joined(
                shared.made("shape", row.number(TEMPLATE), shape_from),
                json.loads(shared.text(row.number(OWN_VALUES))),
            )
        if name == "metrics":
            return self._metrics(name, row.number(METRICS), row.metrics, row.metrics_words)
        if name == "validation":
            return self._metrics(name, row.number(VALIDATION), row.validation, row.validation_words)
        return shared.made(name, row.number(PLACES[name]), _adapter(RunRecord, name).validate_json)

    def _metrics(self, name: str, number: int, numbers: bytes, words: bytes) -> Metrics | None:
        if number == NO_TEXT:
            return None
        shared = self.__dict__["shared"]
        node = shared.made("layout", number, layout_from)
        values = Values(numbers, words, shared.word)
        return LazyMetrics._over(node=node, values=values, whole=lambda: getattr(self._whole(), name))

    def _whole(self) -> RunRecord:
        read = _whole_record(self.__dict__["path"], self.__dict__["line"])
        return read.model_copy(update=self.__dict__.get("changed"))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        made = super().model_copy(update=update, deep=deep)
        made.__dict__["changed"] = {**self.__dict__.get("changed", {}), **(update or {})}
        return made


_last: dict[Path, list[RunRecord | str]] = {}


def _whole_record(path: Path, line: int) -> RunRecord:
    """A `UserError` where it is there no more. The last file that was asked for stays in memory."""
    if path not in _last:
        _last.clear()
        _last[path] = list(records_in(path))
    found = _last[path][line] if line < len(_last[path]) else f"{path} changed while it was read; run again"
    if isinstance(found, str):
        raise UserError(found)
    return found


@cache
def _adapter(model: type[Any], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(model.model_fields[name].annotation)
