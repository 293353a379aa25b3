"""What Ray runs on a node: a task's process. No torch."""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.engines.child import Child

TICK = 0.2  # seconds between two looks at the process


@dataclass(frozen=True)
class Ended:
    """code: of the process; None where it was not started. unseen: the node that does not see the folder of
    the campaign. last: the last line of a log that stays there."""

    code: int | None
    unseen: str = ""
    last: str = ""


def make(child: Child, mark: str) -> Ended:
    """mark: a file of the driver's; a node that does not see it shares no disk with the driver.

    It polls: Ray cannot cancel a call that blocks. Cancelled, by a KeyboardInterrupt, it asks the process and
    waits for its checkpoint.
    """
    if not child.away and not Path(mark).exists():
        return Ended(None, socket.gethostname())
    process = child.start()
    cancelled = False
    while True:
        try:
            _wait(process)
            break
        except KeyboardInterrupt:
            cancelled = True
            process.terminate()
    last = child.last_line() if child.away else ""
    if cancelled:
        raise KeyboardInterrupt
    return Ended(process.returncode, last=last)


def _wait(process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        time.sleep(TICK)
