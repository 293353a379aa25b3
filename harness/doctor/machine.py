"""What a run needs of a machine besides processors: places to write, shared memory, open files. No torch."""

from __future__ import annotations

import importlib.util
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from backbones.base.errors import UsageError
from harness.doctor.finding import Finding
from harness.files import cache_home, nearest_there, read_regular
from harness.launched import launched

MIB, GIB = 2**20, 2**30
# A checkpoint of the paper's networks has their weights and momentum; with the one before it, about 3 GiB.
ROOM, LITTLE_ROOM = 100 * MIB, 5 * GIB
SHARED = Path("/dev/shm")
MEMORY = "memory"  # the name of its findings
LITTLE_SHARED = 512 * MIB  # eight workers with four batches each of the paper's sizes
FEWEST_FILES, FEW_FILES = 32, 256  # a small run got by with 40; one with two workers held 90 open
LEAST_ADDRESSES, FEW_ADDRESSES = 6 * GIB, 16 * GIB  # torch alone takes 4, each loader worker further ones
LEAST_MEMORY = 2 * GIB  # a run of narrow networks takes 1.3
CGROUP = Path("/sys/fs/cgroup/memory.max")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
ENOUGH_FILES = 4096
SMALLEST_FILE = GIB


def examine(out: Path) -> Iterator[Finding]:
    yield folder("out", out, "--out DIR")
    yield folder("cache", cache_home(), "XDG_CACHE_HOME=DIR")
    yield temporary(os.environ.get("TMPDIR"))
    yield from memory()
    yield shared_memory()
    yield open_files()
    yield from file_size()
    yield from variables(os.environ)


def folder(name: str, path: Path, other: str) -> Finding:
    """Whether files can be written there, and how much. other: how another folder is named."""
    place = nearest_there(path.expanduser().absolute())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"\0" * 4096)
            file.flush()
        free = shutil.disk_usage(place).free
    except OSError as error:
        said = f"nothing can be written to {path}: {error.strerror or error}"
        return Finding(name, "error", said, f"make it writable, or give another folder: {other}")
    said = f"{path}, {_size(free)} free"
    if free < ROOM:
        return Finding(name, "error", said, f"free some, or give another folder: {other}")
    if free < LITTLE_ROOM and name == "out":
        remedy = f"a run of full networks keeps two checkpoints of up to 1.5 GiB: free some, or {other}"
        return Finding(name, "warning", said, remedy)
    return Finding(name, "ok", said)


def temporary(given: str | None) -> Finding:
    """given: the value of TMPDIR."""
    if given and not Path(given).is_dir():
        said = f"TMPDIR={given}: there is no such folder; {tempfile.gettempdir()} is used"
        return Finding("temporary files", "warning", said, "make it, or unset TMPDIR")
    return folder("temporary files", Path(given or tempfile.gettempdir()), "TMPDIR=DIR")


def memory() -> Iterator[Finding]:
    """Limits that are lower than what the machine has."""
    addresses, _ = resource.getrlimit(resource.RLIMIT_AS)
    if 0 <= addresses < FEW_ADDRESSES:
        state = "error" if addresses < LEAST_ADDRESSES else "warning"
        said = f"processes may have {_size(addresses)} of addresses; torch reserves more than it uses"
        yield Finding(MEMORY, state, said, "ulimit -v unlimited")  # type: ignore[arg-type]
    try:
        least = int(read_regular(CGROUP))
    except (OSError, ValueError):  # none, or "max"
        return
    if least < LEAST_MEMORY:
        said = f"this container may have {_size(least)} of memory"
        yield Finding(MEMORY, "warning", said, "give it more (docker run --memory=8g)")


def shared_memory() -> Finding:
    """Where processes that decode hand batches over."""
    remedy = "enlarge it (docker run --shm-size=8g; mount -o remount,size=8G /dev/shm), or give --workers 0"
    try:
        with tempfile.TemporaryFile(dir=SHARED) as file:
            file.write(b"\0")
        size = shutil.disk_usage(SHARED).total
    except OSError as error:
        return Finding("shared memory", "error", f"{SHARED}: {error.strerror or error}", remedy)
    said = f"{SHARED} has {_size(size)}"
    if size < LITTLE_SHARED:
        return Finding("shared memory", "warning", said, remedy)
    return Finding("shared memory", "ok", said)


def open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = "without limit" if soft == resource.RLIM_INFINITY else f"{soft} at a time"
    wanted = min(hard, ENOUGH_FILES) if hard >= 0 else ENOUGH_FILES
    higher = f"ulimit -n {wanted}" if wanted > soft else "ask whoever runs this machine for more (ulimit -Hn)"
    remedy = f"{higher}, or --workers 0"
    if 0 <= soft < FEW_FILES:
        state = "error" if soft < FEWEST_FILES else "warning"
        return Finding("open files", state, most, remedy)  # type: ignore[arg-type]
    return Finding("open files", "ok", most)


def file_size() -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if 0 <= soft < SMALLEST_FILE:
        state = "error" if soft < MIB else "warning"
        said = f"files may have {_size(soft)} at most; checkpoints are larger"
        yield Finding("file size", state, said, "ulimit -f unlimited")  # type: ignore[arg-type]


def variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Environment variables that stand in a run's way."""
    if environment.get("PYTHONDONTWRITEBYTECODE") and not _is_compiled("torch"):
        said = "PYTHONDONTWRITEBYTECODE is set, and torch is not compiled: each start takes seconds more"
        yield Finding("environment", "warning", said, "unset it, or run python -m compileall once")
    for name in THREADS:
        counts = environment.get(name, "1").split(",")  # of nested regions
        if not all(count.strip().isdecimal() and int(count) > 0 for count in counts):
            said = f"{name}={environment[name]} is no number of threads; it is ignored"
            yield Finding("environment", "warning", said, f"unset it, or give a number: {name}=4")
    try:
        launched(environment)
    except UsageError as error:
        yield Finding("environment", "error", str(error), "start runs with torchrun or srun, or alone")


def _is_compiled(package: str) -> bool:
    """Whether Python finds its bytecode, by its first module; it is not imported."""
    found = importlib.util.find_spec(package)
    return bool(found and found.cached and Path(found.cached).exists())


def _size(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"
