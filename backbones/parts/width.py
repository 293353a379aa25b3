"""The `width` setting: a factor on the channels of a network; depth and structure are unchanged."""

from __future__ import annotations

from backbones.base.errors import UsageError


def scaled(channels: int, width: float) -> int:
    """`channels` times `width`, rounded, at least 1."""
    return max(1, round(channels * width))


def fitting_heads(channels: int, wanted: float) -> int:
    """The number of attention heads nearest to `wanted` that divides `channels` (of two, the larger)."""
    divisors = [n for n in range(1, channels + 1) if channels % n == 0]
    return min(divisors, key=lambda n: (abs(n - wanted), -n))


def full_width_only(family: str, width: float, instead: str) -> None:
    """Raises UsageError for any `width` but 1, for a family whose library builds it in one width only."""
    if width != 1:
        raise UsageError(f"{family} comes in one width, but width {width:g} was asked for; {instead}")
