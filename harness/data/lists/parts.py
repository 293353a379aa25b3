"""Columns that may say which part a row is in and are not read so: test rows would be trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from backbones.base.errors import UserError
from harness.data.lists.names import names_a_part
from harness.data.lists.table import Table

MOST = 8  # different words; a column of people or scenes has more, and may have a Val among them
MARKS = {"-1", "0", "1", "2"}  # HMDB51 and others mark parts by such numbers
_WORD = re.compile(
    r"(train(ing)?|test(ing)?|val(id(ation)?)?|dev|eval(uation)?|h(old|eld)[-_ ]?out|unused)[-_ ]?\d*", re.I
)
_DO = (
    "expected a column of train, val and test alone; else --set data.columns=NAMES says what each column is, "
    "with '-' for one that is left out"
)


def refuse_hidden(file: Path, table: Table, where: Mapping[str, int]) -> None:
    """Of a list in which no column was found to be the split; by headers, and by the cells of columns that
    are groups, labels or not used. A `UserError` names the column and what to do."""
    for at, name in enumerate(table.header):
        if at not in where.values() and names_a_part(name):
            raise UserError(
                f"{file}: the column '{name}' seems to say which part a row is in ('{table.cells[0][at]}' in "
                "the first); expected a column 'split' of train, val and test; to leave it out, give "
                "--set data.columns=NAMES with '-' for it"
            )
    for at in range(table.width):
        words = sorted({cell.strip() for cell in table.column(at)})
        named = [word for word in words if _WORD.fullmatch(word)]
        marks = at == where.get("group") and not table.header and len(words) > 1 and MARKS.issuperset(words)
        # A class may be called Train; parts are all that a column of labels has, or it is one of labels.
        if at != where["path"] and (
            named == words if at == where.get("label") else len(words) <= MOST and (marks or named)
        ):
            shown = ", ".join(f"'{word}'" for word in words)
            raise UserError(f"{file}: column {at + 1} may say which part a row is in ({shown}); {_DO}")
