"""Waiting for other processes."""

import time


def until(true):
    """Waits for what another process does."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("waited for half a minute")
