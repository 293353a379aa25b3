"""Integers only: a sine table and random draws that are the same on every machine and in every version."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]

TURN = 1024  # angle units in a full turn
ONE = 1024  # the sine of a quarter turn


def _half_wave() -> list[int]:
    """Sine of 0 … TURN/2 by Bhāskara's rational formula, off by at most 0.002; no libm, no rounding mode."""
    half = TURN // 2
    return [ONE * 16 * k * (half - k) // (5 * half * half - 4 * k * (half - k)) for k in range(half)]


SINE: Ints = np.array(_half_wave() + [-value for value in _half_wave()], dtype=np.int32)


def sine(angle: Ints) -> Ints:
    """ONE·sin of angles in TURN units, of any sign and shape."""
    return SINE[np.asarray(angle) % TURN]


def cosine(angle: Ints) -> Ints:
    """ONE·cos of angles in TURN units, of any sign and shape."""
    return SINE[(np.asarray(angle) + TURN // 4) % TURN]


class Draw:
    """Random integers that depend on nothing but the words they are seeded with.

    Raw outputs of PCG64 only: NumPy keeps these the same for ever, but not those of its distributions.
    """

    def __init__(self, *words: object) -> None:
        digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
        self._bits = np.random.PCG64(int.from_bytes(digest[:16], "big"))

    def many(self, count: int, low: int, high: int) -> NDArray[np.int64]:
        """(N,) integers, N = `count`, uniform from `low` to `high`, both included (high - low < 2**31)."""
        raw = self._bits.random_raw(count) >> np.uint64(32)
        span = np.uint64(high - low + 1)
        return ((raw * span) >> np.uint64(32)).astype(np.int64) + low

    def one(self, low: int, high: int) -> int:
        """One integer, uniform from `low` to `high`, both included."""
        return int(self.many(1, low, high)[0])

    def bell(self, width: int) -> int:
        """One integer in -width … width, triangular about 0 (standard deviation width / √6)."""
        return (self.one(-width, width) + self.one(-width, width)) // 2
