"""Which rows of a table are shown: all, those that were asked for, or those that runs have measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from backbones.base.errors import UsageError, suggestion
from results.tables.model import Table
from results.tables.spec import Spec


@dataclass(frozen=True)
class Shown:
    """patterns: of labels, `*` for any characters; without any, all rows. measured: only rows with runs."""

    patterns: tuple[str, ...] = ()
    measured: bool = False

    def fits(self, label: str) -> bool:
        return not self.patterns or any(fnmatchcase(label, pattern) for pattern in self.patterns)

    def check(self, name: str, labels: Sequence[str]) -> None:
        """Raises UsageError for a pattern that no label of the table `name` matches."""
        for pattern in self.patterns:
            if not any(fnmatchcase(label, pattern) for label in labels):
                hint = suggestion(pattern, list(labels)) or ";"
                known = "; ".join(labels)
                raise UsageError(f"--rows {pattern}: table '{name}' has no such row{hint} it has {known}")

    def of_spec(self, spec: Spec) -> Spec:
        """The rows that fit, and the one that differences are taken to even where it does not.

        Raises UsageError as `check`.
        """
        if not self.patterns:
            return spec
        self.check(spec.name, [row.label for row in spec.rows])
        base = None if spec.baseline is None else spec.rows[spec.baseline]
        kept = [row for row in spec.rows if row is base or self.fits(row.label)]
        return replace(spec, rows=tuple(kept), baseline=None if base is None else kept.index(base))

    def of_table(self, table: Table, measured: bool = True) -> None:
        """Takes the other rows out. measured: False of a table whose numbers are of no runs."""
        self.check(table.name, [cells[0].text for cells in table.rows])
        table.rows = [
            cells
            for cells in table.rows
            if self.fits(cells[0].text)
            and (not (self.measured and measured) or any(cell.runs for cell in cells))
        ]


ALL = Shown()
