"""Derivations: arithmetic on other claims' numbers, + - * / from left to right, products first. No torch."""

from __future__ import annotations

import math
import re

from results.claims.claims import Claim, meant
from results.claims.numbers import shown

NUMBER, SIGNS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?"), ("+", "-", "*", "/")
MOST_WORDS = 99  # ids, numbers and signs of a derivation


def ends(derivation: str, paper: str = "") -> tuple[float, float]:
    """(low, high) of a derivation, equal where it gives a single number."""
    low, _, high = derivation.partition(" .. ")
    return arithmetic(low, paper), arithmetic(high or low, paper)


def arithmetic(derivation: str, paper: str = "") -> float:
    """The value of a derivation such as "C03a - C01a" or "100 * G06f / G06d": ids, numbers and + - * /.

    paper: whose ids need no prefix. A `ValueError` where it is none.
    """
    words = derivation.split()
    if len(words) % 2 == 0 or any(sign not in SIGNS for sign in words[1::2]):
        raise ValueError(f"{shown(derivation)} is not ids and numbers with + - * / between them")
    if len(words) > MOST_WORDS:
        raise ValueError(f"{shown(derivation)} has {len(words)} words; at most {MOST_WORDS}")
    terms = [words[0]]
    for sign, word in zip(words[1::2], words[2::2], strict=True):
        terms += [sign, word]
    total = _sum(terms, paper)
    if not math.isfinite(total):
        raise ValueError(f"{shown(derivation)} is too large a number")
    return total


def _sum(terms: list[str], paper: str) -> float:
    """Products first, then sums, from left to right."""
    total, product, sign = 0.0, _number(terms[0], paper), 1.0
    for operator, term in zip(terms[1::2], terms[2::2], strict=True):
        value = _number(term, paper)
        if operator == "/" and value == 0:
            raise ValueError(f"'{term}' is 0: nothing is divided by it")
        if operator in "*/":
            product = product * value if operator == "*" else product / value
        else:
            total += sign * product
            sign, product = (1.0 if operator == "+" else -1.0), value
    return total + sign * product


def _number(word: str, paper: str) -> float:
    if NUMBER.fullmatch(word):
        return float(word)
    claim = meant(word, paper)
    if claim is None:
        raise ValueError(f"there is no claim {shown(word)}")
    if claim.number is None:
        raise ValueError(f"claim {word} has no single number")
    return claim.number


def used(claim: Claim) -> list[Claim]:
    """The claims that its derivation names, as far as there are such."""
    words = [word for word in claim.derivation.split()[: 2 * MOST_WORDS] if word not in (*SIGNS, "..")]
    found = (meant(word, claim.paper) for word in words if not NUMBER.fullmatch(word))
    return [each for each in found if each is not None]
