"""Differences as they are printed: with their sign, and a minus that is no hyphen."""

from __future__ import annotations


def signed(value: float, digits: int = 2, plus: bool = True) -> str:
    """`+0.31`, `−0.31`; what is 0 when it is rounded has no sign. plus: whether values above 0 have one."""
    shown = f"{value:{'+' if plus else ''}.{digits}f}".replace("-", "−")
    return shown if shown.strip("+−0.") else shown.lstrip("+−")
