"""The tables of a paper, as its `tables.yaml` says: literal rows, and rows that are generated. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from backbones.base.errors import UserError, suggestion
from harness.papers.folder import CLAIMS, TABLES, Paper
from harness.papers.registry import PAPERS
from harness.papers.strict import Tree, check_plain, read_yaml, refuse, validated
from results.claims import claims as papers_claims
from results.claims.ambiguities import Ambiguity, of_paper
from results.claims.claims import meant, protocol_of
from results.claims.numbers import check_stated
from results.tables.spec import Row, Spec
from results.tables.written.rows import (
    Combination,
    Scalar,
    check_used,
    combinations,
    filled,
    setting_of,
    text_of,
)
from results.tables.written.text import Cited, Questions, RowText, TableText

NUMBERS = "0123456789<>~-"  # how a reported number begins that is given as text


@dataclass(frozen=True)
class Joined:
    """Two tables side by side. parts: {what stands over it: its full name}."""

    name: str
    title: str
    parts: dict[str, str]
    line: int = 0


def of_all() -> dict[str, Spec | Joined]:
    """Every paper's tables by full name, in the order of the papers and of their files."""
    return {name: made for paper in PAPERS for name, made in tables_of(paper.name).items()}


@PAPERS.remembered
def tables_of(name: str) -> dict[str, Spec | Joined]:
    """A `UsageError` names the file and the row of what is wrong."""
    paper = PAPERS.get(name)
    if not paper.has(TABLES):
        return {}
    tree = read_yaml(paper.path(TABLES))
    if not isinstance(tree.value, dict):
        refuse(tree.path, 1, "expected tables by name, as 'main: {title: …, rows: […]}'")
    found = {}
    for key, given in tree.value.items():
        check_plain(tree, key, "table")
        text = validated(TableText, tree, given, (key,))
        found[paper.full(key)] = Maker(paper, tree, key, text).made()
    _check_joins(tree, found)
    return found


def problems_of_rows(paper: Paper) -> Iterator[str]:
    """Every table and row that cannot be read, where `tables_of` stops at the first."""
    if not paper.has(TABLES):
        return
    tree = read_yaml(paper.path(TABLES))
    for key, given in tree.value.items() if isinstance(tree.value, dict) else ():
        try:
            maker = Maker(paper, tree, key, validated(TableText, tree, given, (key,)))
        except UserError as error:
            yield str(error)
            continue
        for number, each in enumerate(maker.text.rows):
            try:
                list(maker.rows(number, each))
            except UserError as error:
                yield str(error)


def _check_joins(tree: Tree, found: dict[str, Spec | Joined]) -> None:
    for made in (each for each in found.values() if isinstance(each, Joined)):
        for part in made.parts.values():
            if not isinstance(found.get(part), Spec):
                known = [name for name, other in found.items() if isinstance(other, Spec)]
                refuse(tree.path, made.line, f"join: no table '{part}'{suggestion(part, known)}")


@dataclass(frozen=True)
class Maker:
    """From the text of one table, `key` of the paper's file, to its rows."""

    paper: Paper
    tree: Tree
    key: str
    text: TableText

    def made(self) -> Spec | Joined:
        text, name = self.text, self.paper.full(self.key)
        if text.join:
            parts = {head: self.paper.full(part) for head, part in text.join.items()}
            return Joined(name, text.title, parts, self.tree.row((self.key,)))
        rows = tuple(row for number, each in enumerate(text.rows) for row in self.rows(number, each))
        self._check(rows)
        return Spec(
            name=name,
            title=text.title,
            paper=text.reported_on,
            rows=rows,
            metrics=text.metrics,
            free=text.free,
            fixed=text.reported_on if text.fixed else "",
            baseline=text.baseline,
            seeds=text.seeds,
            notes=(*text.notes, *self._scale(), *self._untried()),
            every_rule=text.every_rule,
            place=self.tree.path,
        )

    def _check(self, rows: tuple[Row, ...]) -> None:
        seen: set[str] = set()
        for row in rows:
            if row.label in seen:
                refuse(self.tree.path, row.line, f"table '{self.key}': two rows are called '{row.label}'")
            seen.add(row.label)
        if self.text.baseline is not None and not 0 <= self.text.baseline < len(rows):
            line = self.tree.row((self.key, "baseline"))
            refuse(self.tree.path, line, f"baseline: no row {self.text.baseline}; the first is 0")

    def rows(self, number: int, each: RowText) -> Iterator[Row]:
        line = self.tree.row((self.key, "rows", number))
        try:
            if each.cited:
                yield from self._cited(each.cited, line)
            elif each.questions:
                yield from self._other_interpretations(each.questions, line)
            else:
                yield from self._combined(each, line)
        except ValueError as error:
            refuse(self.tree.path, line, f"table '{self.key}': {error}")

    def _other_interpretations(self, questions: Questions, line: int) -> Iterator[Row]:
        for entry in self._asked(questions):
            for name, pairs in entry.settings().items():
                setting = setting_of(questions.setting.replace("{pairs}", pairs))
                yield self.row(f"{entry.name}: {name}", setting, line)

    def _combined(self, each: RowText, line: int) -> Iterator[Row]:
        found = combinations(each.each, each.but)
        check_used(each.each, (each.label, each.setting))
        keys = {combination.key for combination in found}
        for combination in found:
            stated = {m: self._number(m, given, combination, keys) for m, given in each.reported.items()}
            setting = setting_of(filled(each.setting, combination))
            yield self.row(
                filled(each.label, combination),
                setting,
                line,
                {metric: text for metric, text in stated.items() if text is not None},
                each.lacking,
                tuple((key, filled(text_of(text), combination)) for key, text in each.group.items()),
            )

    def _number(
        self, metric: str, given: Scalar | dict[str, Scalar], combination: Combination, keys: set[str]
    ) -> str | None:
        """What a row reports of a metric; of generated rows those that are named."""
        if not isinstance(given, dict):
            return text_of(given)
        for key in given:
            if key not in keys:
                raise ValueError(f"reported.{metric}: no row '{key}'{suggestion(key, sorted(keys))}")
        return text_of(given[combination.key]) if combination.key in given else None

    def row(
        self,
        label: str,
        setting: str,
        line: int,
        reported: dict[str, str] | None = None,
        lacking: str = "",
        group: tuple[tuple[str, str], ...] = (),
    ) -> Row:
        stated, ids, unknown = [], [], []
        for metric, text in (reported or {}).items():
            claim = meant(text, self.paper.name)
            if claim is None and not text.startswith(tuple(NUMBERS)):
                unknown.append(text)
                continue
            if claim is None:
                check_stated(metric, text)
            stated.append((metric, claim.value.replace("..", " to ") if claim else text))
            ids += [(metric, claim.id)] if claim else []
        if unknown:
            self._refuse_claims(label, unknown, line)
        preset = protocol_of(self.paper.name)
        row = Row(label, setting, tuple(stated), lacking, preset, tuple(ids), group, line)
        for metric in self.text.metrics:
            row.side(metric)  # a `ValueError` where the setting is none
        return row

    def _refuse_claims(self, label: str, names: list[str], line: int) -> NoReturn:
        known = sorted(each.id.rpartition("/")[2] for each in papers_claims.of_paper(self.paper.name))
        none = f"; {self.paper.path(CLAIMS)} has none" * (not known)
        said = " and no ".join(f"claim '{name}'{suggestion(name, known)}" for name in names)
        refuse(self.tree.path, line, f"row '{label}': there is no {said}{none}")

    def _cited(self, cited: Cited, line: int) -> Iterator[Row]:
        """The cited methods of a data set, with what their sources report."""
        for name in cited.papers:
            if PAPERS.find(name) is None:
                known = PAPERS.names()
                hint = suggestion(name, known) or f"; there are {', '.join(known)}"
                raise ValueError(f"cited.from: no paper '{name}'{hint}; --paper DIR adds yours")
        found: dict[str, dict[str, str]] = {}
        for claim in papers_claims.claims():
            number = claim.of_others and claim.value
            fits = number and claim.dataset == cited.dataset and claim.metric in cited.metrics
            if fits and (not cited.papers or claim.paper in cited.papers):
                key = f"{claim.left.name} ({claim.note})" if claim.note else claim.left.name
                found.setdefault(key, {}).setdefault(claim.metric, claim.value)
        if not found:
            whose = f" of {', '.join(cited.papers)}" if cited.papers else ""
            raise ValueError(f"cited: no number on '{cited.dataset}' in the cited.csv{whose}")
        for label, values in found.items():
            yield self.row(label, "", line, values)

    def _asked(self, questions: Questions) -> list[Ambiguity]:
        return [
            entry
            for entry in of_paper(self.paper.name)
            if entry.method == questions.method
            and entry.setting.startswith("method.")
            and entry.name not in questions.but
        ]

    def _untried(self) -> list[str]:
        """A line on the questions that have no row."""
        lines = []
        for asked in (each.questions for each in self.text.rows if each.questions):
            shown = {entry.name for entry in self._asked(asked)}
            all_ = [entry.name for entry in of_paper(self.paper.name) if entry.method == asked.method]
            names = [name for name in all_ if name not in shown]
            lines.append(f"not varied here (see 'harness list ambiguities'): {', '.join(names)}")
        return lines

    def _scale(self) -> list[str]:
        found: dict[str, list[str]] = {}
        for claim in papers_claims.of_paper(self.paper.name) if self.text.scale else ():
            if claim.left.kind == "cited":
                found.setdefault(claim.left.name, []).append(f"{claim.value} on {claim.dataset}")
        return [f"for scale, {name}: {', '.join(values)} (reported)" for name, values in found.items()]
