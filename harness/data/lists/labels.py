"""From the labels of rows to classes: names, numbers, or numbers that a file of class names explains."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

from backbones.base.errors import UserError
from harness.data.index_checks import Report, Severity, few, some
from harness.data.lists.classes import Classes
from harness.data.lists.read import Row
from harness.data.lists.text import as_number, is_whole

LONGEST = 200  # letters of a label: a longer one is no name of a class
_DECIMAL = re.compile(r"-?\d+\.\d+")  # as pandas writes whole numbers of a column that lacks one
MOST = 100_000  # a larger number is no class: no classifier has as many


def class_names(
    rows: list[Row], classes: Classes | None, report: Report, checks: Severity
) -> tuple[list[str], list[Row], str]:
    """Class names, the rows of known classes labelled with names, and a line that says where the names are
    from.

    A `UserError` where a label can be no name or number of a class, or is of no known class and `checks` is
    "error".
    """
    rows = _without_negative(rows, report, checks)
    labels = {row.label for row in rows}
    if long := [label for label in labels if len(label) > LONGEST]:
        shown = f"'{long[0][:40]}…' of {len(long[0])} letters"
        raise UserError(
            f"folder: label {shown} is no class name; expected at most {LONGEST} (is the column right?)"
        )
    _warn_of_spellings(labels, report)
    numbers = {label: as_number(label) for label in labels if is_whole(label)}
    if len(numbers) < len(labels):
        _check_mixed(numbers, labels, classes)
    elif (top := max(numbers.values(), default=0)) > MOST:
        raise UserError(
            f"folder: label {top} is no class number; expected less than {MOST + 1} (is the column right?)"
        )
    if classes is None:
        return _as_they_stand(rows, labels, numbers, report)
    known = set(classes.names)
    if len(numbers) == len(labels) and not known >= labels:
        rows = _named(rows, numbers, classes, report)
    unknown = [row.label for row in rows if row.label not in known]
    if unknown:
        text = some(len(unknown), "video has a label", "videos have labels")
        text += f" beyond the {len(known)} known classes"
        first = classes.numbers[0] if classes.numbers else 0
        report.problem(
            *(checks, text, sorted(set(unknown)), f"numbers count from {first}"),
            setting="checks",
            else_="these videos are left out",
        )
    return classes.names, [row for row in rows if row.label in known], classes.says


def _warn_of_spellings(labels: set[str], report: Report) -> None:
    """Classes that differ by upper and lower case alone, or look the same (é as one character of Unicode
    and as two), are seldom two."""
    spelt: dict[str, list[str]] = {}
    for label in labels:
        spelt.setdefault(normalize("NFKC", label).casefold(), []).append(label)
    for alike in (sorted(each) for each in spelt.values() if len(each) > 1):
        what = "upper and lower case" if len({each.casefold() for each in alike}) == 1 else "forms of Unicode"
        report.problem("warn", f"labels differ by {what} alone", alike, "are they one class?")


def _as_they_stand(
    rows: list[Row], labels: set[str], numbers: dict[str, int], report: Report
) -> tuple[list[str], list[Row], str]:
    """Without a file the labels are the classes: as numbers, if all of them are."""
    if len(numbers) < len(labels):
        names = sorted(labels)
        if all(map(_DECIMAL.fullmatch, names)):
            raise UserError(f"folder: labels are numbers with decimals{few(names)}; expected whole numbers")
        return names, rows, f"{len(names)} classes, the labels in the order of the alphabet{few(names)}"
    _check_gaps(set(numbers.values()), report)
    if len(set(numbers.values())) < len(labels):
        alike = sorted(label for label in labels if label != str(numbers[label]))
        raise UserError(f"folder: labels are one number in two spellings{few(alike)}")
    names = sorted(labels, key=numbers.__getitem__)
    return names, rows, f"{len(names)} classes by their numbers{few(names)}; data.labels=FILE names them"


def _named(rows: list[Row], numbers: dict[str, int], classes: Classes, report: Report) -> list[Row]:
    """Rows with the names of their numbers. A label 0 where the file counts from 1: labels count from 0."""
    shifted = bool(classes.numbers) and classes.numbers[0] == 1 and 0 in numbers.values()
    if shifted:
        report.problem("warn", f"labels count from 0, the class file from 1: label 0 is '{classes.names[0]}'")
    if not classes.numbers and 0 not in numbers.values():
        text = f"no video has the label 0, which is class '{classes.names[0]}'"
        report.problem("warn", text, advice="do the labels count from 1? a file of id,name says so")
    names = {}
    for label, number in numbers.items():
        at = classes.number(number, 1 if shifted else 0)
        names[label] = f"label {label}" if at is None else classes.names[at]
    return [row._replace(label=names[row.label]) for row in rows]


def _check_mixed(numbers: dict[str, int], labels: set[str], classes: Classes | None) -> None:
    """Some labels are numbers and some are not: seldom on purpose."""
    if numbers and not (classes and labels <= set(classes.names)):
        words = sorted(labels - set(numbers))
        raise UserError(
            f"folder: some labels are numbers, others are not{few([*sorted(numbers)[:1], *words[:1]])}; "
            "give names or numbers throughout, or all names in a file with --set data.labels=FILE"
        )


def _without_negative(rows: list[Row], report: Report, checks: Severity) -> list[Row]:
    """Rows whose label is no number below 0, where labels are numbers."""
    below = [row for row in rows if row.label.startswith("-") and is_whole(row.label)]
    if not below or not all(is_whole(row.label) for row in rows):
        return rows
    text = some(len(below), "video has a label", "videos have labels") + " below 0"
    paths = [f"{row.path} ({row.label})" for row in below]
    report.problem(
        checks, text, paths, "numbers count from 0", setting="checks", else_="these videos are left out"
    )
    return [row for row in rows if not row.label.startswith("-")]


def _check_gaps(labels: set[int], report: Report) -> None:
    """A warning where numbers leave some out: a slip of the finger makes a class of its own."""
    gaps: Sequence[int] = sorted(set(range(max(labels, default=0))) - labels)
    if gaps:
        text = f"labels reach {max(labels)} and leave out {some(len(gaps), 'number', 'numbers')}"
        report.problem("warn", text, [str(gap) for gap in gaps], "is every label right?")
