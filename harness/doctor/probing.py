"""The probe (`harness.doctor.probe`) is started, and its findings are read while it runs. No torch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

import harness
from harness.doctor.finding import Finding

SLOW_S = 10.0
LONGEST_S = 120.0  # for one step: an import takes seconds, from a cold network disk a minute


def examine(device: str, precision: str) -> Iterator[Finding]:
    """What the process found, until it ended; the step that ended it is an error."""
    process = _start(device, precision)
    lines: Queue[dict[str, Any] | None] = Queue()
    said: list[str] = []
    readers = [
        threading.Thread(target=_read, args=(process.stdout, lines), daemon=True),
        threading.Thread(target=_keep, args=(process.stderr, said), daemon=True),
    ]
    for reader in readers:
        reader.start()
    step, ended = "the probe", False
    try:
        while tree := _next(lines, step):
            if "begun" in tree:
                step = tree["begun"]
            else:
                yield Finding(**tree)
        ended = True
    except Empty:
        pass
    finally:
        if not ended:
            process.kill()
        code = process.wait()
        for reader in readers:
            reader.join(timeout=10)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
    if step or not ended:
        yield _ended(step, code, said, hung=not ended)


def _next(lines: Queue[dict[str, Any] | None], step: str) -> dict[str, Any] | None:
    """Raises Empty where nothing came for too long; that it takes long is said before."""
    try:
        return lines.get(timeout=SLOW_S)
    except Empty:
        print(f"still at it: {step}; {LONGEST_S:.0f} s are waited for", file=sys.stderr, flush=True)
        return lines.get(timeout=LONGEST_S - SLOW_S)


def _start(device: str, precision: str) -> subprocess.Popen[str]:
    here = str(Path(harness.__file__).parents[1])  # a checkout that is not installed must be found too
    # Behind what the user has put there, which the probe is to meet as a run does.
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), here]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "harness.doctor.probe", device, precision],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _read(stream: IO[str] | None, lines: Queue[dict[str, Any] | None]) -> None:
    """The probe's lines; libraries print things of their own. None at the end."""
    for line in stream or ():
        try:
            tree = json.loads(line)
        except ValueError:
            continue
        if isinstance(tree, dict) and ("begun" in tree or "state" in tree):
            lines.put(tree)
    lines.put(None)


def _keep(stream: IO[str] | None, said: list[str]) -> None:
    said.extend(line.rstrip() for line in stream or () if line.strip())


def _ended(step: str, code: int, said: list[str], hung: bool) -> Finding:
    """The process is gone, and with it the step that it was at."""
    if hung:
        how = f"did not end in {LONGEST_S:.0f} s"
    elif code < 0:
        how = f"ended the process by {signal.Signals(-code).name}"
    else:
        how = f"ended the process with exit code {code}{': ' + said[-1] if said else ''}"
    if code == -signal.SIGILL:
        remedy = "this processor lacks instructions that the package uses: install a build for it"
    elif code == -signal.SIGKILL and not hung:
        remedy = "is memory short? free some, or raise its limit"
    else:
        remedy = "reinstall the package that the step names"
    return Finding(step, "error", f"{step} {how}", remedy)
