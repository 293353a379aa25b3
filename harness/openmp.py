"""How OpenMP's threads wait, set before torch loads: it reads both settings then. No torch here."""

from __future__ import annotations

import os


def settle() -> None:
    """Threads sleep almost at once where nothing else was asked for.

    They would spin while they wait. On cores that others use too (a loader's worker), the waiting eats the
    time of those waited for: measured, a step took 6 times as long. A few microseconds are worth it: a step
    of the narrow R(2+1)D-50 on two cores took 0.43 to 0.54 s without any spinning, 0.27 to 0.44 s with
    1,000 turns and 0.29 to 0.33 s with 20,000; but two such processes side by side took 0.45, 0.48 and 1.95
    s.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
