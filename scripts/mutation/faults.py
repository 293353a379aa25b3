"""Small faults in a source file, by cosmic-ray's operators."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = ("ReplaceComparisonOperator_Eq_Is", "ReplaceComparisonOperator_NotEq_IsNot")
Where = tuple[int, int]  # line from 1, column from 0


@dataclass(frozen=True)
class Mutant:
    """One change: the `occurrence`-th place of a file at which the operator can do something."""

    file: str
    operator: str
    occurrence: int
    line: int
    digest: str  # of the file as it is

    @property
    def key(self) -> tuple[str, str, int, str]:
        return self.file, self.operator, self.occurrence, self.digest


class Operators:
    """cosmic-ray's operators, from the folder that it was installed into."""

    def __init__(self, folder: str) -> None:
        sys.path.append(folder)
        try:
            importlib.import_module("parso.python.tree")  # first: the package's own order is circular
            provider = importlib.import_module("cosmic_ray.operators.provider").OperatorProvider()
            self._ast = importlib.import_module("cosmic_ray.ast")
            self._visitor = importlib.import_module("cosmic_ray.mutating").MutationVisitor
        except ImportError as error:
            raise SystemExit(f"{error}: install it by 'pip install --target {folder} cosmic-ray'") from None
        finally:
            sys.path.remove(folder)
        kinds = {name: provider[name] for name in provider}
        self._by_name = {
            name: kind() for name, kind in kinds.items() if not kind.arguments() and name not in LEFT_OUT
        }

    def places(self, source: str) -> Iterator[tuple[str, int, Where]]:
        """(operator, occurrence, where) of all that can be changed."""
        nodes = list(self._ast.ast_nodes(self._ast.get_ast(source)))
        for name, operator in self._by_name.items():
            starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
            yield from ((name, occurrence, where) for occurrence, where in enumerate(starts))

    def changed(self, source: str, mutant: Mutant) -> str:
        return self._visitor.mutate_code(source, self._by_name[mutant.operator], mutant.occurrence)


def annotated(source: str) -> list[tuple[Where, Where]]:
    """From where to where annotations go."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            found.append(node.returns)
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in found
        if node is not None
    ]


def mutants_of(root: Path, file: str, operators: Operators) -> list[Mutant]:
    """All changes of a file but those in annotations."""
    source = (root / file).read_text()
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    spared = annotated(source)
    return [
        Mutant(file, name, occurrence, where[0], digest)
        for name, occurrence, where in operators.places(source)
        if not any(start <= where < end for start, end in spared)
    ]


def drawn(mutants: Sequence[Mutant], seed: int, count: int) -> list[Mutant]:
    """The first `count` of an order drawn by the seed: of a larger count they are the beginning."""
    order = sorted(mutants, key=lambda mutant: mutant.key)
    random.Random(seed).shuffle(order)
    return order[:count]


def line_of(source: str, number: int) -> str:
    lines = source.splitlines()
    return lines[number - 1].strip() if number <= len(lines) else ""


def first_change(before: str, after: str, line: int) -> tuple[str, str]:
    """The first line that differs, as it was and as it is."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    number = next((n for n, (old, new) in enumerate(pairs, 1) if old != new), line)
    return line_of(before, number), line_of(after, number)
