"""Files are written whole or not at all, and JSON is read from regular files of a sensible size."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from backbones.base.errors import UserError

REFUSALS = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.EEXIST,
)
MOST_BYTES = 2**28  # of a file with JSON; the longest of ours are those of data sets with 10^6 videos
MOST_VALUES = 100_000  # of a YAML file, whose aliases can say one value any number of times


@contextmanager
def clear_disk_errors(path: Path) -> Iterator[None]:
    """What the disk refuses (no space, no right to write) becomes a `UserError`. path: what is written."""
    try:
        yield
    except UserError:  # told already, as by a store: it may be of another place
        raise
    except Exception as error:
        refused = _refusal(error)
        if refused in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"no space left to write {path}; free some and run the same command again"
            ) from None
        if refused == errno.EFBIG:
            raise UserError(
                f"cannot write {path}: larger than files may be here; raise the limit (ulimit -f), then run "
                "the same command again"
            ) from None
        if refused == errno.ENOENT and not path.parent.exists():
            raise UserError(
                f"cannot write {path}: its folder is gone; was it deleted meanwhile? The same command starts "
                "again; where no folder can be made, choose another place"
            ) from None
        if refused in REFUSALS:
            raise UserError(f"cannot write {path}: {os.strerror(refused)}; choose another place") from None
        raise


def cache_home() -> Path:
    """The project's folder in `$XDG_CACHE_HOME`, or in ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "mbd-harness"


def nearest_there(path: Path) -> Path:
    """The path, or the nearest above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def check_writable(path: Path) -> None:
    """Before long work: a `UserError` where the file could not be written; nothing is left there."""
    reason = "it is a folder" if path.is_dir() else refusal_of(nearest_there(path.parent))
    if reason:
        raise UserError(f"cannot write {path}: {reason}; choose another place")


def refusal_of(folder: Path) -> str | None:
    """Why no file can be made in a folder, or None. Permissions do not tell: the administrator has all of
    them, and /proc takes no file all the same."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _refusal(error: BaseException | None) -> int | None:
    """The operating system's number for what went wrong.

    torch raises a RuntimeError in whose context the OSError is; safetensors says "(os error 28)".
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        if said := re.search(r"\(os error (\d+)\)", str(error)):
            return int(said[1])
        error = error.__cause__ or error.__context__
    return None


def write_atomically(path: Path, write: Callable[[Path], None], new_folder: bool = True) -> None:
    """`write` fills a temporary file beside `path`, which is then synced and renamed over it.

    new_folder: whether the folder is made where it is not there. A run's own is not: it was deleted.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with clear_disk_errors(path):
        if new_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.touch()
            mode = temporary.stat().st_mode
            write(temporary)
            temporary.chmod(mode)  # safetensors lets nobody else read what it writes
            with temporary.open("rb+") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str, new_folder: bool = True) -> None:
    """Writes UTF-8 text by `write_atomically`."""

    def write(target: Path) -> None:
        target.write_text(text, encoding="utf-8")

    write_atomically(path, write, new_folder)


def write_json(path: Path, value: Any, new_folder: bool = True) -> None:
    """Writes indented JSON by `write_atomically`; a `ValueError` for NaN and infinity."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", new_folder)


def _sync_folder(folder: Path) -> None:
    """A rename is only safe from a power cut once its folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_regular(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a regular file of at most so many bytes; a `ValueError` says what else it is.

    A named pipe would be waited for until somebody writes into it.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("not a regular file")
        if found.st_size > most:
            raise ValueError(f"{found.st_size} bytes, more than {most}")
        with os.fdopen(descriptor, "rb", closefd=False) as handle:
            return handle.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"no UTF-8 text (byte {error.start})") from None
    finally:
        os.close(descriptor)


def read_json(path: Path) -> Any:
    """What `write_json` wrote. An `OSError`, or a `ValueError` for all that is no JSON of finite numbers."""
    return parse_json(read_regular(path))


def parse_json(text: str) -> Any:
    """A `ValueError` too where it is nested too deeply, a key is given twice, or a number is not finite."""
    # Asked for each number only where one could be too large: the call takes longer than reading it.
    careful = _finite if _LARGE.search(text) else None
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=careful, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Python's own reader takes the last of two values of one key, others the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in found if names.count(name) > 1)}' is there twice")
    return found


def parse_yaml(text: str) -> Any:
    """Plain types. A `ValueError` for what is no YAML, is nested too deeply, gives a key twice, or says too
    much by aliases."""
    import yaml

    try:
        _check_keys(yaml.compose(text, yaml.SafeLoader))
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ValueError(
            f"no YAML{where}: {getattr(error, 'problem', None) or str(error).splitlines()[0]}"
        ) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        raise ValueError(plain_reason(error)) from None
    if not is_bounded(value):
        raise ValueError(f"more than {MOST_VALUES} values")
    return value


def _check_keys(node: Any) -> None:
    """Raises ValueError for a key that a mapping has twice, of which YAML takes the last without a word."""
    waiting, seen = [node], set()
    while waiting:
        here = waiting.pop()
        if id(here) in seen or not isinstance(getattr(here, "value", None), list):
            continue
        seen.add(id(here))
        if here.id == "mapping":
            names = [key.value for key, _ in here.value if key.id == "scalar"]
            if twice := next((name for name, count in Counter(names).items() if count > 1), None):
                raise ValueError(f"'{twice[:60]}' is given twice")
            waiting += [each for pair in here.value for each in pair]
        else:
            waiting += here.value


def plain_reason(error: ValueError) -> str:
    """Why a text is no value, in our words where Python names its own functions."""
    said = str(error).splitlines()[0]
    return "a number of more than 4300 digits" if "set_int_max_str_digits" in said else said


def is_bounded(value: Any, most: int = MOST_VALUES) -> bool:
    """Whether a tree has at most so many values; one that has itself in it has endlessly many."""
    waiting, found = [value], 0
    while waiting:
        found += 1
        if found > most:
            return False
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, list | tuple | set):
            waiting += node
        if len(waiting) > most:
            return False
    return True


_LARGE = re.compile(r"[eE]\+?[0-9]{3}|[0-9]{300}")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise ValueError(f"{digits[:20]} is too large")
    return value
