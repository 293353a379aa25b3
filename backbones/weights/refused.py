"""Why a file of weights is not loaded: what it is instead, and how its tensors can be had, in one line."""

from __future__ import annotations

import codecs
import os
import pickle
import re
import shlex
import zipfile
from pathlib import Path

from backbones.base.errors import UsageError, UserError, error_line
from backbones.base.plain_text import clean
from backbones.base.regular import check_regular

SUFFIXES = (".safetensors", ".pt", ".pth", ".pyth", ".bin")
HEAD = 512  # bytes
LONGEST = 160  # letters of what a library says
LFS = b"version https://git-lfs.github.com/spec/"
HTML = (b"<!doctype", b"<html")
TORCHSCRIPT = "/constants.pkl"  # how the name of a part ends that other zip files of torch's do not have
_NAMED = re.compile(r"GLOBAL (\S+) (?:was not|whose)")
# No weights need these: a file that names them was made to be run.
HOSTILE = re.compile(
    r"(?:os|posix|nt|sys|subprocess|shutil|socket|pty|runpy|ctypes|importlib|webbrowser)\.|"
    r"(?:builtins\.|__builtin__\.)?(?:eval|exec|compile|open|getattr|__import__)$"
)
SAVED = "tensors.pt"
SCRIPT = f"torch.save(torch.jit.load(sys.argv[1], 'cpu').state_dict(), '{SAVED}')"
OBJECTS = (
    "d = torch.load(sys.argv[1], 'cpu', weights_only=False); torch.save(d.state_dict() if "
    f"hasattr(d, 'state_dict') else d.get('state_dict', d.get('model', d)), '{SAVED}')"
)


def check_is_file(path: Path) -> None:
    """Raises UsageError where there is something at `path` that is no file, or a link to nothing."""
    try:
        check_regular(path)
    except FileNotFoundError:
        reason = "a link to a file that is not there"
    except ValueError:
        reason = "a folder, a pipe or a device, not a file"
    except OSError as error:
        reason = f"not readable ({error.strerror})"
    else:
        return
    raise UsageError(f"weights '{path}': this is {reason}; give a file of weights or a finished run")


def check_named(name: str) -> None:
    """What can be told of weights before torch is loaded: a `UsageError` for a file that is not there or is
    none, a `UserError` for one that has no tensors, whatever it is called."""
    path = Path(name)
    if os.path.lexists(name):
        check_is_file(path)
        if reason := other_kind(path):
            raise UserError(f"{path} {why(path, ValueError(reason))}")
    elif path.suffix in SUFFIXES:
        raise UsageError(f"no weights file '{name}'")


def other_kind(path: Path) -> str | None:
    """What a file is that has no tensors whatever a library says of it; None where it may have some."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        return "it is empty"
    if head.startswith(LFS):
        return "it is a git-lfs pointer, not the file itself: 'git lfs pull' in its repository fetches that"
    if head.lstrip().lower().startswith(HTML):
        return "it is an HTML page: what was downloaded is not the file itself"
    return "it is a text" if _is_text(head) else None


def why(path: Path, error: Exception) -> str:
    """After the file's name: why `load_torch`, or safetensors, did not read it."""
    if _is_torchscript(path):
        return f"is a TorchScript archive, which is code; {_command(SCRIPT, path)} saves its tensors"
    if not isinstance(error, pickle.UnpicklingError):
        reason = _shortened(error)
        return f"is not a readable weights file ({reason}); give a .safetensors file or a state_dict"
    found = _NAMED.search(str(error))
    name = clean(found[1])[:LONGEST] if found else ""
    more = "holds more than tensors and plain values"
    if not found:
        return f"is not loaded: it is damaged, or {more}, which could run code; give a state_dict"
    if HOSTILE.match(name):
        return f"is not loaded: it {more} ({name}), which could run code and is in no file of weights"
    trusted = f"if you trust it, {_command(OBJECTS, path)} saves its tensors"
    return f"is not loaded: it {more} ({name}), which could run code; {trusted}"


def _command(code: str, path: Path) -> str:
    return f'python -c "import sys, torch; {code}" {shlex.quote(str(path))}'


def _is_text(head: bytes) -> bool:
    """Whether it is printable; the last letter may be cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)


def _is_torchscript(path: Path) -> bool:
    try:
        if not (path.is_file() and zipfile.is_zipfile(path)):  # a pipe would be waited for
            return False
        with zipfile.ZipFile(path) as parts:
            return any(name.endswith(TORCHSCRIPT) for name in parts.namelist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False


def _shortened(error: Exception) -> str:
    """The first sentence of what a library says, or less. A KeyError or an EOFError is the unpickler's: its
    number, or nothing, tells the user nothing."""
    if isinstance(error, KeyError | EOFError):
        return "it is not a file of tensors"
    said = re.split(r"\.\s", error_line(error))[0]
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
