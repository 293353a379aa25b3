"""`tables.yaml` as it is written: a table, and rows that are literal or generated."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from harness.papers.strict import Strict
from results.tables.written.rows import Scalar


class Cited(Strict):
    """Rows of other methods: what their own sources say of a data set. from: whose `cited.csv`, or all."""

    dataset: str
    papers: tuple[str, ...] = Field(default=(), alias="from")
    metrics: tuple[str, ...] = ("top1", "top5")


class Questions(Strict):
    """A row for each other interpretation of what the paper leaves open of a method, by `{pairs}`.

    but: names of questions that have none.
    """

    method: str
    setting: str
    but: tuple[str, ...] = ()


class RowText(Strict):
    """One row, or the rows that `each`, `cited` or `questions` generate.

    setting: with an output; a list of such is an ensemble, the mean of their scores.
    reported: {metric: a claim's id, or a number as text}; of generated rows {metric: {"values of each": …}}.
    each: {name: values}, all combinations in that order; a value is a text, or "name: text", which
    `{name.value}` gives. but: combinations that are left out. group: the row's place in a figure.
    """

    label: str = ""
    setting: str = ""
    reported: dict[str, Scalar | dict[str, Scalar]] = Field(default_factory=dict)
    lacking: str = ""
    group: dict[str, Scalar] = Field(default_factory=dict)
    each: dict[str, tuple[Scalar, ...] | dict[str, Scalar]] = Field(default_factory=dict)
    but: tuple[dict[str, Scalar], ...] = ()
    cited: Cited | None = None
    questions: Questions | None = None

    @field_validator("setting", mode="before")
    @classmethod
    def _ensemble(cls, given: Any) -> Any:
        """[mbd @ local, two_stream @ global] as YAML reads it."""
        return f"[{', '.join(map(str, given))}]" if isinstance(given, list) else given

    @model_validator(mode="after")
    def _of_one_kind(self) -> RowText:
        if sum(bool(kind) for kind in (self.label, self.cited, self.questions)) != 1:
            raise ValueError("expected one of label, cited and questions")
        return self


class TableText(Strict):
    """One table; its fields as `Spec`'s. fixed: measured on `reported_on` alone. join: {heading: table}.

    scale: notes with what the paper's cited methods reach. every_rule: a setting whose further fusion rules
    in the records are rows, too.
    """

    title: str
    reported_on: str = ""
    fixed: bool = False
    metrics: tuple[str, ...] = ("top1", "top5")
    free: tuple[str, ...] = ()
    baseline: int | None = 0
    seeds: int = Field(default=5, ge=1)
    notes: tuple[str, ...] = ()
    scale: bool = False
    every_rule: str = ""
    rows: tuple[RowText, ...] = ()
    join: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> TableText:
        if bool(self.rows) == bool(self.join):
            raise ValueError("expected rows, or two tables to join")
        if self.join and len(self.join) != 2:
            raise ValueError(f"join: got {len(self.join)}; expected two tables")
        return self
