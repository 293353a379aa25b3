"""Strict and safe reading of a paper's files: plain data, and errors that name the file and the row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from backbones.base.errors import UsageError, suggestion
from backbones.base.plain_text import clean
from harness.files import plain_reason, read_regular
from harness.pydantic_words import expected

MOST_BYTES, DEEPEST = 4_000_000, 30
# LibYAML's where PyYAML was built with it: 16 times as fast, and a table's command reads two dozen files.
FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OCTAL = re.compile(r"[-+]?0[0-9_]+")  # of YAML 1.1
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
M = TypeVar("M", bound=BaseModel)
Place = tuple[int | str, ...]
UNION = ("bool", "int", "float", "str")  # what pydantic adds to the place of a value of several kinds
KEYS = [f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null")]


class Strict(BaseModel):
    """Data of a paper's file: what it does not name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def refuse(path: Path, row: int | None, text: str) -> NoReturn:
    """Raises a `UsageError` that begins with `file:row`."""
    raise UsageError(f"{path}{f':{row}' if row else ''}: {text}")


@dataclass(frozen=True)
class Tree:
    """What a YAML file says, as plain types. rows: of each value, by its keys from the top."""

    path: Path
    value: Any
    rows: dict[Place, int] = field(default_factory=dict)

    def row(self, place: Sequence[int | str]) -> int:
        """Of the value, or of the nearest that stands around it."""
        keys = tuple(place)
        while keys and keys not in self.rows:
            keys = keys[:-1]
        return self.rows.get(keys, 1)


def read_text(path: Path) -> str:
    """Of a regular file of sensible size, in UTF-8; control characters are an error."""
    try:
        text = read_regular(path, MOST_BYTES).removeprefix("\ufeff").replace("\r\n", "\n")
    except OSError as error:
        refuse(path, None, str(error.strerror))
    except ValueError as error:
        refuse(path, None, f"{error}; expected a small text file")
    for row, line in enumerate(text.split("\n"), start=1):
        plain = line.replace("\t", " ")
        if clean(plain) != plain:
            refuse(path, row, "a control character")
    return text


def read_yaml(path: Path) -> Tree:
    """Plain types alone: a tag that wants code, a key given twice and an alias are errors."""
    text = read_text(path)
    try:
        return _read(path, text, FAST)
    except yaml.YAMLError:  # whose words are LibYAML's
        return _read(path, text, yaml.SafeLoader)


def _read(path: Path, text: str, kind: type[yaml.SafeLoader]) -> Tree:
    loader = kind(text)
    try:
        _check_events(path, text, kind)
        node = loader.get_single_node()
        tree = Tree(path, None, {})
        return Tree(path, _plain(node, (), tree, loader), tree.rows) if node else tree
    except yaml.YAMLError as error:
        if kind is not yaml.SafeLoader:
            raise
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        refuse(path, mark.line + 1 if mark else None, f"no plain YAML: {reason}")
    except RecursionError:
        refuse(path, None, "nested too deep")
    except ValueError as error:
        refuse(path, None, f"no plain YAML: {plain_reason(error)}")
    finally:
        loader.dispose()


def _check_events(path: Path, text: str, kind: type[yaml.SafeLoader]) -> None:
    """Raises for an alias, and for nesting that would take minutes to be refused by the parser itself."""
    depth = 0
    for event in yaml.parse(text, kind):
        row = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            refuse(path, row, f"no plain YAML: the alias '*{event.anchor}' is not read")
        if tag := getattr(event, "tag", None):
            tag = str(tag).replace("tag:yaml.org,2002:", "!!")
            refuse(path, row, f"no plain YAML: the tag '{tag}' is not read; leave it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            refuse(path, row, "nested too deep")


def _plain(node: yaml.Node, place: Place, tree: Tree, loader: yaml.SafeLoader) -> Any:
    row = node.start_mark.line + 1
    if place in tree.rows or len(place) > DEEPEST:
        refuse(
            tree.path, row, f"'{place[-1]}' is given twice" if len(place) <= DEEPEST else "nested too deep"
        )
    tree.rows[place] = row
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag not in KEYS:
                refuse(tree.path, key.start_mark.line + 1, "no plain YAML: a key is a name or a number")
            found[key.value] = _plain(value, (*place, key.value), tree, loader)
            tree.rows[*place, key.value] = key.start_mark.line + 1  # a block begins in the next one
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value, (*place, number), tree, loader) for number, value in enumerate(node.value)]
    _check_scalar(node, tree, loader)
    return loader.construct_object(node)  # type: ignore[no-untyped-call]


def _check_scalar(node: yaml.Node, tree: Tree, loader: yaml.SafeLoader) -> None:
    """Raises where YAML 1.1 reads a word as something that its writer may not have meant."""
    row, said, kind = node.start_mark.line + 1, str(node.value), node.tag.rpartition(":")[2]
    if any("\ud800" <= letter <= "\udfff" for letter in said):
        refuse(tree.path, row, "half of a character (a lone surrogate)")
    if kind == "bool" and said.lower() not in ("true", "false"):
        refuse(tree.path, row, f"'{said}' is read as {said.lower() in ('yes', 'on')}: write true or false, "
               f"or '{said}' in quotes for the word")  # fmt: skip
    if kind in ("int", "float") and (":" in said or _OCTAL.fullmatch(said)):
        number = loader.construct_object(node)  # type: ignore[no-untyped-call]
        refuse(tree.path, row, f"'{said}' is read as the number {number}: write that, or quote it")


def check_plain(tree: Tree, name: str, kind: str, *above: str) -> None:
    """Raises for a name, a key of the file, that commands could not be given as it stands."""
    if not _PLAIN.fullmatch(name):
        row = tree.row((*above, name))
        refuse(tree.path, row, f"{kind} '{name}': expected a name of letters, digits, '-' and '_'")


def read_csv(
    path: Path, needed: Sequence[str], optional: Sequence[str] = ()
) -> list[tuple[int, dict[str, str]]]:
    """(row in the file, {column: text}) of each line. Columns stand in any order, each once."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        refuse(path, reader.line_num, f"no CSV: {error}")
    if not lines:
        refuse(path, 1, f"it is empty; expected the columns {','.join(needed)}")
    columns = lines[0][1]
    _check_columns(path, columns, needed, optional)
    return [(row, _cells(path, row, columns, cells)) for row, cells in lines[1:] if cells]


def _check_columns(path: Path, columns: list[str], needed: Sequence[str], optional: Sequence[str]) -> None:
    known = [*needed, *optional]
    for name in columns:
        if name not in known:
            expected = f"expected {', '.join(known)}"
            refuse(path, 1, f"unknown column '{name}'{suggestion(name, known) or ';'} {expected}")
        if columns.count(name) > 1:
            refuse(path, 1, f"column '{name}' is there twice")
    if lacking := [name for name in needed if name not in columns]:
        refuse(path, 1, f"column '{lacking[0]}' is missing; expected {', '.join(needed)}")


def _cells(path: Path, row: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        refuse(path, row, f"{len(cells)} cells in a table of {len(columns)} columns")
    return dict(zip(columns, cells, strict=True))


def validated(model: type[M], tree: Tree, value: Any = None, place: Place = ()) -> M:
    """The file's value, or a part of it at `place`, as the model; a `UsageError` names the row."""
    given = tree.value if value is None and not place else value
    if not isinstance(given, dict):
        keys = (info.alias or name for name, info in model.model_fields.items())
        refuse(tree.path, tree.row(place), f"expected a mapping with {', '.join(keys)}")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = plainest(error)
        refuse(tree.path, tree.row((*place, *first["loc"])), explained(first, model))


def plainest(error: ValidationError) -> Any:
    """One of its errors: first a name that does not exist, which may be why another one is missing."""
    return min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")


def explained(first: Any, model: type[BaseModel]) -> str:
    """One error of pydantic in our words; a name that does not exist with the one that was meant."""
    where = ".".join(str(part) for part in first["loc"])
    kinds = [number for number, part in enumerate(first["loc"]) if part in UNION or "[" in str(part)]
    if kinds:  # one of several kinds of value that would do
        where = ".".join(map(str, first["loc"][: kinds[0]]))
        return f"{where}: expected text, a number, or a mapping of these"
    if first["type"] == "extra_forbidden":
        known = list(_fields_at(model, first["loc"][:-1]))
        name = str(first["loc"][-1])
        return f"unknown key '{where}'{suggestion(name, known) or ';'} expected {', '.join(known)}"
    if first["type"] == "missing":
        return f"'{where}' is needed and not given"
    words = expected(first["msg"])
    given = first["input"]
    shown = (
        f" (got {given!r})" if isinstance(given, str | int | float | bool) and len(str(given)) < 60 else ""
    )
    return f"{where}: {words}{shown}" if where else words


def _fields_at(model: type[BaseModel], place: Sequence[Any]) -> Iterator[str]:
    """The names of the fields of the model that stands at `place` within it, as files write them."""
    found: Any = model
    for part in place:
        info = found.model_fields.get(part)
        inner = info.annotation if info else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return iter(())
        found = inner
    return (info.alias or name for name, info in found.model_fields.items())
