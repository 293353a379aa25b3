"""The connection to a cluster of Ray. No torch."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from backbones.base.errors import UserError
from harness.signals import USUAL

HERE = "local"
# Read by its import: nobody is told that Ray is used, and what it says does not mix with a command's output.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",
    "RAY_SCHEDULER_EVENTS": "0",
}
SMALL = 80 * 2**20  # bytes of Ray's store of objects, of which none is used


@contextmanager
def connected(address: str) -> Iterator[ModuleType]:
    """Ray itself. address: HOST:PORT, "auto" for the cluster that this machine belongs to, or "local" for one
    of this machine alone, which ends with the connection. A `UserError` where there is none."""
    for name, value in {**QUIET, **({"RAY_AUTH_MODE": "token"} if address == HERE else {})}.items():
        os.environ.setdefault(name, value)
    import ray

    with _signals_kept():
        _connect(ray, address)
    try:
        yield ray
    finally:
        ray.shutdown()


def _connect(ray: ModuleType, address: str) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    own = {"object_store_memory": SMALL, "include_dashboard": False} if address == HERE else {}
    try:
        ray.init(address=address, **quiet, **own)
    except (OSError, RuntimeError, ValueError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        where = "" if address == "auto" else f" at {address}"
        raise UserError(
            f"no cluster of Ray{where} ({said[0].rstrip('.')}): give --engine-set address=HOST:PORT, or "
            "start one with 'ray start --head'; address=local uses this machine"
        ) from None


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray ends the driver on SIGTERM, before checkpoints."""
    before = {number: signal.getsignal(number) for number in USUAL}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
