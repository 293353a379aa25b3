"""A record as a row: texts by number, and the numbers of its metrics side by side.

Most of a record is said by many others in the same words: the data set, the machine, the names of measures.
Each such text is kept once. Measures by class are left out; who asks for them reads the record's file.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from harness.record.index.shape import split
from harness.record.schema import RunRecord, Share

APART = ("id", "finished", "config", "metrics", "validation")
FIELDS = tuple(name for name in RunRecord.model_fields if name not in APART)
# Texts of a row, by their place in `Row.texts`; then those of FIELDS.
TEMPLATE, OWN_VALUES, METRICS, VALIDATION = range(4)
FIRST_FIELD = 4
NO_TEXT = 0
EXACT = 2**53  # whole numbers up to here are exact as floats
_SHARE = Share.model_fields.keys()
_SHARE_NUMBERS = struct.Struct("=4d")  # correct, of, low, high


class Row(NamedTuple):
    """texts: numbers of texts, 4 bytes each; those of words in the metrics beside them. metrics, validation:
    float64, in the order of their layouts."""

    id: str
    finished: str
    texts: bytes
    metrics: bytes
    metrics_words: bytes
    validation: bytes
    validation_words: bytes

    def number(self, place: int) -> int:
        return number_at(self.texts, place)

    def renumbered(self, number_of: Callable[[int], int]) -> Row:
        """With other numbers of its texts."""

        def changed(numbers: bytes) -> bytes:
            return array("I", map(number_of, array("I", numbers))).tobytes()

        return self._replace(
            texts=changed(self.texts),
            metrics_words=changed(self.metrics_words),
            validation_words=changed(self.validation_words),
        )


def number_at(numbers: bytes, place: int) -> int:
    found: int = struct.unpack_from("=I", numbers, 4 * place)[0]
    return found


class Slot(NamedTuple):
    """Where a layout has a number or a word: its place among its kind."""

    at: int
    kind: type[int] | type[float] | type[str]


class Values(NamedTuple):
    """What a layout is filled with. words: numbers of texts, which `text` gives."""

    numbers: bytes
    words: bytes
    text: Callable[[int], str]

    def __getitem__(self, slot: Slot) -> Any:  # type: ignore[override]
        if slot.kind is str:
            return self.text(number_at(self.words, slot.at))
        return slot.kind(struct.unpack_from("=d", self.numbers, 8 * slot.at)[0])


def pack(record: RunRecord, number_of: Callable[[str], int]) -> Row:
    """number_of: a text's number, from 1 on. A `ValueError` for what would not come back as it is."""
    tree = record.model_dump(mode="json", by_alias=True)
    template, own = split(tree["config"])
    metrics, *measured = _layout(tree["metrics"], number_of)
    validation, *validated = _layout(tree["validation"], number_of)
    texts = [template, _text(own), metrics, validation]
    texts += [_text(tree[RunRecord.model_fields[name].serialization_alias or name]) for name in FIELDS]
    numbers = array("I", (number_of(text) if text else NO_TEXT for text in texts)).tobytes()
    return Row(record.id, record.finished, numbers, *measured, *validated)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _layout(metrics: Any, number_of: Callable[[str], int]) -> tuple[str, bytes, bytes]:
    """(the tree of metrics with 0 for every number and "" for every word, the numbers, the words)."""
    if metrics is None:
        return "", b"", b""
    numbers: list[float] = []
    words: list[str] = []
    text = _text(_emptied(_without_classes(metrics), numbers, words))
    return text, array("d", numbers).tobytes(), array("I", map(number_of, words)).tobytes()


def _without_classes(metrics: dict[str, Any]) -> dict[str, Any]:
    def less(scores: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in scores.items() if key not in ("per_class", "local_per_class")}

    return {
        key: {rule: less(each) for rule, each in value.items()}
        if key == "fusion"
        else less(value)
        if key in ("local", "global", "dominance")
        else value
        for key, value in metrics.items()
    }


def _emptied(node: Any, numbers: list[float], words: list[str]) -> Any:
    if isinstance(node, dict):
        return {key: _emptied(each, numbers, words) for key, each in node.items()}
    if isinstance(node, list):
        return [_emptied(each, numbers, words) for each in node]
    if isinstance(node, str):
        words.append(node)
        return ""
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int) and abs(node) > EXACT:
        raise ValueError(f"{node} is too large")
    numbers.append(node)
    return 0 if isinstance(node, int) else 0.0


class ShareSlots(NamedTuple):
    """Where a layout has a share: of a table nearly everything is shares, so each is taken at one go.

    first: of its numbers, which stand one after the other. kinds: by key.
    """

    kinds: dict[str, type[int] | type[float] | type[str]]
    first: int
    word: int

    @classmethod
    def of(cls, slots: dict[str, Slot]) -> ShareSlots:
        numbers = [slot.at for slot in slots.values() if slot.kind is not str]
        words = [slot.at for slot in slots.values() if slot.kind is str]
        return cls({key: slot.kind for key, slot in slots.items()}, numbers[0], words[0])

    def tree(self, values: Values) -> dict[str, Any]:
        numbers = iter(_SHARE_NUMBERS.unpack_from(values.numbers, 8 * self.first))
        word = values.text(number_at(values.words, self.word))
        return {key: word if kind is str else kind(next(numbers)) for key, kind in self.kinds.items()}


def layout_from(text: str) -> Any:
    """The tree with a `Slot` for every number and word, and `ShareSlots` for every share."""
    numbers, words = iter(range(len(text))), iter(range(len(text)))

    def placed(node: Any) -> Any:
        if isinstance(node, dict):
            tree = {key: placed(each) for key, each in node.items()}
            return ShareSlots.of(tree) if node.keys() == _SHARE else tree
        if isinstance(node, list):
            return [placed(each) for each in node]
        if isinstance(node, bool) or node is None:
            return node
        return Slot(next(words if isinstance(node, str) else numbers), type(node))

    return placed(json.loads(text))


def filled(node: Any, values: Values) -> Any:
    """A part of a layout with its numbers and words."""
    if isinstance(node, Slot):
        return values[node]
    if isinstance(node, ShareSlots):
        return node.tree(values)
    if isinstance(node, dict):
        return {key: filled(each, values) for key, each in node.items()}
    if isinstance(node, list):
        return [filled(each, values) for each in node]
    return node
