"""The papers' claims as data: every number and every order that a paper states. No torch."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from backbones.base.errors import UsageError, suggestion
from results.claims.side import PAPER_PRESET, Side

PAPERS = {
    "mbd": "Kang, Huo, Xu, Mei, Zhang; Sensors 2025, 25(22), 6849",
    "stddcn": "Hao, Zhang; Pattern Recognition 92 (2019) 13-24",
    "genkd": "Wang, Zhao, Shi, Zhao, Yang; AAAI 2024, arXiv 2312.08644",
    "others": "methods that MBD is compared with, and the cost of networks",
}
PRESETS = {"genkd": "genkd"}  # a paper's protocol, where it is not that of the preset "paper"
COST_METRICS = ("gmacs", "gmacs_video", "parameters_m", "views", "percent_of_teacher")


class Claim(BaseModel):
    """A row of results/paper/*.csv.

    setting: what is claimed about (`results.claims.side.Side`). metric: "<output>.<top1|top5>" in percent,
    where the output is a stream, a fusion rule or "own" (the method's own rule); a metric of dominance; a
    cost. "dominance.local[Rafting]" is of the videos of one class.
    relation: "=", "<", ">", "~" (about equal) or "within". value: a number, or "low..high". than: the other
    side, "setting @ metric"; with "=" and "within" the claim is about the difference. derivation: arithmetic
    on other claims' ids that gives the value, or both ends of a range with ".." between them. provenance:
    reported by the paper, or derived by arithmetic.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    paper: Literal["mbd", "stddcn", "genkd", "others"]
    where: str
    dataset: Literal["", "ucf101", "hmdb51", "kinetics400", "ssv2", "thumos14"]
    setting: str
    metric: str
    relation: Literal["=", "<", ">", "~", "within"]
    value: str
    than: str
    derivation: str
    provenance: Literal["reported", "derived"]
    note: str

    @model_validator(mode="after")
    def _whole(self) -> Claim:
        if not (self.id and self.where and self.setting and self.metric):
            raise ValueError("id, where, setting and metric are needed")
        if not (self.value or self.than):
            raise ValueError("a value or another side is needed")
        if (self.relation == "within") != (".." in self.value):
            raise ValueError(f"relation '{self.relation}' does not fit the value '{self.value}'")
        _ = self.range, self.left, self.right
        return self

    @property
    def range(self) -> tuple[float, float] | None:
        """(low, high); equal for a single number; None where the claim has no number."""
        if not self.value:
            return None
        low, _, high = self.value.partition("..")
        return float(low), float(high or low)

    @property
    def number(self) -> float | None:
        """The number, where it is a single one."""
        return self.range[0] if self.range and self.range[0] == self.range[1] else None

    @property
    def left(self) -> Side:
        return Side.parse(f"{self.setting} @ {self.metric}", PRESETS.get(self.paper, PAPER_PRESET))

    @property
    def right(self) -> Side | None:
        return Side.parse(self.than, self.left.preset) if self.than else None

    @property
    def is_cost(self) -> bool:
        return self.metric in COST_METRICS

    @property
    def family(self) -> tuple[str, str, str]:
        """The claims that are corrected together: those of one table or figure on one data set."""
        return self.paper, self.where, self.dataset

    def statement(self) -> str:
        """As a line to read: `mbd adaptive.top1 > mbd average.top1`."""
        left, right = str(self.left), str(self.right) if self.right else ""
        sign = {"~": "≈", "within": "in"}.get(self.relation, self.relation)
        value = self.value.replace("..", " to ")
        if self.relation in ("=", "within") and right:
            return f"{left} − {right} {sign} {value}"
        return f"{left} {sign} {right or value}"


def claims(paper: str | None = None) -> list[Claim]:
    """All claims, or one paper's. A `UsageError` where there is no such paper."""
    if paper is not None and paper not in PAPERS:
        raise UsageError(
            f"no paper '{paper}'{suggestion(paper, list(PAPERS)) or ';'} there are {', '.join(PAPERS)}"
        )
    return [claim for name in PAPERS if paper in (None, name) for claim in _read(name)]


@cache
def _read(paper: str) -> tuple[Claim, ...]:
    text = resources.files("results").joinpath(f"paper/{paper}.csv").read_text(encoding="utf-8")
    return tuple(Claim.model_validate(row) for row in csv.DictReader(text.splitlines()))


@cache
def by_id() -> dict[str, Claim]:
    return {claim.id: claim for claim in claims()}


@cache
def cited() -> dict[tuple[str, str, str], float]:
    """What a method's own source says of it, by (name, data set, metric): the numbers of others.csv."""
    numbers: dict[tuple[str, str, str], float] = {}
    for claim in _read("others"):
        if claim.left.kind == "cited" and claim.number is not None:
            numbers.setdefault((claim.left.name, claim.dataset, claim.metric), claim.number)
    return numbers


def ends(derivation: str) -> tuple[float, float]:
    """(low, high) of a derivation, equal where it gives a single number."""
    low, _, high = derivation.partition(" .. ")
    return arithmetic(low), arithmetic(high or low)


def arithmetic(derivation: str) -> float:
    """The value of a derivation such as "C03a - C01a" or "100 * G06f / G06d": ids, numbers and + - * /."""
    words = derivation.split()
    terms = [words[0]]
    for sign, word in zip(words[1::2], words[2::2], strict=True):
        terms += [sign, word]
    return _sum(terms)


def _sum(terms: list[str]) -> float:
    """Products first, then sums, from left to right."""
    total, product, sign = 0.0, _number(terms[0]), 1.0
    for operator, term in zip(terms[1::2], terms[2::2], strict=True):
        value = _number(term)
        if operator in "*/":
            product = product * value if operator == "*" else product / value
        else:
            total += sign * product
            sign, product = (1.0 if operator == "+" else -1.0), value
    return total + sign * product


def _number(word: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", word):
        return float(word)
    number = by_id()[word].number
    if number is None:
        raise ValueError(f"claim {word} has no single number")
    return number
