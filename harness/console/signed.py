"""Differences as they are printed: with their sign, and a minus that is no hyphen."""

from __future__ import annotations


def signed(value: float, digits: int = 2, plus: bool = True) -> str:
    """`+0.31`, `−0.31`. plus: whether values above 0 have a sign, too."""
    return f"{value:{'+' if plus else ''}.{digits}f}".replace("-", "−")
