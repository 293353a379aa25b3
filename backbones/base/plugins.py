"""Plug-ins: entries from a user's own file, or from installed packages. Torch-free.

A file that the user names (`--plugin my_backbone.py`) is executed; it adds its entries to the registries
with `builder=f"{__name__}:build"`. A package names a module that does the same under the entry points
`mbd_harness.backbones`, `.methods`, `.fusions` or `.datasets`; it is imported once a name is asked for that
is not the harness's own, or when all are listed.
"""

from __future__ import annotations

import hashlib
import importlib
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from backbones.base.errors import UsageError, UserError

if TYPE_CHECKING:
    from backbones.base.registry import Registry

MODULE = "mbd_plugin_"
# What is the harness's own is there before any plug-in runs, so that nothing of it is taken for a plug-in's.
OWN = ("backbones.catalogue", "methods.registry", "harness.data.registry")


@dataclass(eq=False)
class Plugin:
    """Where entries came from.

    name: of the file without its suffix, or of the entry point. source: the file's name, or the package and
    its version. sha256: hex, of the file that was executed. added: (registry, name) of each entry.
    """

    name: str
    source: str
    sha256: str = ""
    added: list[tuple[Registry[Any], str]] = field(default_factory=list)

    @property
    def identity(self) -> str:
        """What it adds to the identity of a run: a file's name says nothing, a package's version does."""
        return self.sha256 if self.source.endswith(".py") else f"{self.source} {self.sha256}"


_files: dict[str, tuple[Path, Plugin]] = {}
_running: list[Plugin] = []


def running() -> Plugin | None:
    """The plug-in that is being loaded, whose entries are now added."""
    return _running[-1] if _running else None


def files() -> list[Path]:
    """The users' files that were loaded, for a child process to load them, too."""
    return [path for path, _ in _files.values()]


def perhaps() -> str:
    """Of an error in a run: where users' files were loaded, one of them may be at fault."""
    names = " or ".join(path.name for path in files())
    last = shlex.quote(str(files()[-1])) if names else ""
    return f"perhaps a fault of {names}: 'harness check-plugin {last}' tries its contract" if names else ""


def load_file(path: Path) -> Plugin:
    """Executes a user's file, once; its entries are in the registries afterwards.

    It is one file: what else it imports must be installed. Raises UsageError where there is no such file,
    UserError with the line where it fails.
    """
    name = path.stem
    if name in _files and _files[name][0] == path.resolve():
        return _files[name][1]
    if name in _files:
        raise UsageError(f"--plugin {path}: '{_files[name][0]}' has the same name; rename one of them")
    if path.suffix != ".py" or not path.is_file():
        raise UsageError(f"--plugin {path}: no such Python file; expected the path of a .py file")
    source = path.read_bytes()
    plugin = Plugin(name, path.name, hashlib.sha256(source).hexdigest())
    try:
        with _adding(plugin):
            _execute(path, source, MODULE + name)
    except (Exception, SystemExit) as error:
        raise UserError(f"plug-in {path} cannot be loaded: {_reason(error, path)}") from error
    if not plugin.added:
        raise UserError(
            f"plug-in {path} adds nothing; expected for example METHODS.add(MethodEntry(name=…, "
            'target=f"{__name__}:MyMethod", …))'
        )
    _files[name] = (path.resolve(), plugin)
    return plugin


def _execute(path: Path, source: bytes, name: str) -> None:
    """As an import would, but of exactly the bytes that were hashed, and without a cache beside the file."""
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise


def installed(plural: str) -> dict[str, EntryPoint]:
    """The entry points of one kind ("backbones", ...), by name; none is imported."""
    return {point.name: point for point in entry_points(group=f"mbd_harness.{plural}")}


def load_point(point: EntryPoint) -> str:
    """Imports an installed plug-in. Gives "", or one line that says why it cannot be used."""
    package = f"{point.dist.name} {point.dist.version}" if point.dist else point.module
    plugin = Plugin(point.name, package)
    try:
        with _adding(plugin):
            point.load()
            plugin.sha256 = _hash_of(point.module)
    except (Exception, SystemExit) as error:  # a package of others may raise anything; the line says what
        return f"plug-in '{point.name}' of {package} cannot be loaded: {_reason(error, None)}"
    return ""


def _hash_of(module: str) -> str:
    file = getattr(sys.modules[module], "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""


@contextmanager
def _adding(plugin: Plugin) -> Iterator[None]:
    """Entries that are added now are the plug-in's; if it fails, they are taken out again."""
    for module in OWN:
        importlib.import_module(module)
    _running.append(plugin)
    try:
        yield
    except BaseException:
        for registry, name in plugin.added:
            registry.remove(name)
        raise
    finally:
        _running.pop()


def _reason(error: BaseException, path: Path | None) -> str:
    """`NameError: name 'x' is not defined (line 3)`."""
    lines = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    if isinstance(error, SyntaxError):  # its message has the line already
        return said
    at, trace = None, error.__traceback__
    while trace is not None:
        if path is not None and trace.tb_frame.f_code.co_filename == str(path):
            at = trace.tb_lineno
        trace = trace.tb_next
    return f"{said} (line {at})" if at else said
