"""The numbers of a paper's files: plain decimals of ASCII digits, within what their unit can be. No torch."""

from __future__ import annotations

import re

DECIMAL = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,15})?")
WHOLE = re.compile(r"[0-9]{1,9}")
STATED = re.compile(r"[<>~]? ?(?P<low>[-+]?[0-9][^ ]*)( to (?P<high>[^ ]+))?")
COSTS = ("gmacs", "gmacs_video", "parameters_m", "views", "percent_of_teacher")
SHARES = ("top1", "top5", "average_map", "shared")  # percent of the test videos
SHOWN = 40


def decimal(text: str) -> float:
    """What "90.5" says. Raises ValueError for nan, inf, 1e3, 5_0, digits of other scripts and numbers of more
    than 15 digits: a table prints them as they stand, and a comparison with them means nothing."""
    if not DECIMAL.fullmatch(text):
        raise ValueError(f"{shown(text)} is no plain number; expected one such as 90.5")
    return float(text)


def whole(text: str) -> int:
    """What "112" says: a whole number from 1. Raises ValueError for anything else."""
    if not WHOLE.fullmatch(text) or int(text) == 0:
        raise ValueError(f"{shown(text)} is no whole number from 1, such as 112")
    return int(text)


def range_of(text: str) -> tuple[float, float]:
    """(low, high) of "50..60"; equal for a single number. A `ValueError` where low is the larger one."""
    low, _, high = text.partition("..")
    found = decimal(low), decimal(high or low)
    if found[0] > found[1]:
        raise ValueError(f"{shown(text)}: the first number is the larger one; expected low..high")
    return found


def check_unit(metric: str, text: str, difference: bool = False) -> None:
    """Raises ValueError where a number, or an end of a range, is none that the metric can have.

    metric: "average.top1", "dominance.local[Rafting]" and "average_map" are percent, from 0 to 100; costs
    (10⁹ multiply-adds, millions of parameters, views, percent of a teacher's cost) are above 0; others are
    not known. difference: of two such: from -100 to 100, or any.
    """
    for number in range_of(text):
        if is_share(metric) and not (-100 if difference else 0) <= number <= 100:
            span = "-100 to 100" if difference else "0 to 100"
            raise ValueError(f"{metric} is in percent, from {span}; got {number:g}")
        if metric in COSTS and not difference and number <= 0:
            raise ValueError(f"{metric} is above 0; got {number:g}")


def check_stated(metric: str, text: str) -> None:
    """The same of a number in a row of a table: "90.5", "<50", "~ 95", "50 to 60". Raises ValueError."""
    found = STATED.fullmatch(text)
    if not found:
        raise ValueError(f"{shown(text)} is no plain number; expected one such as 90.5, <50 or 50 to 60")
    check_unit(metric, found["low"] + (f"..{found['high']}" if found["high"] else ""))


def is_share(metric: str) -> bool:
    """Whether it is in percent of videos. Of dominance, means over the videos have no unit."""
    name = metric.partition("[")[0]
    if name.startswith("dominance."):
        return not name.startswith("dominance.mean")
    return name.rpartition(".")[2] in SHARES


def shown(text: str) -> str:
    """In quotes."""
    return f"'{cut(text)}'"


def cut(text: str) -> str:
    """A long text's beginning."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
