"""Loading plug-ins: a user's own file, or an installed package. Torch-free.

A file that the user names (`--plugin my_backbone.py`) is executed; it adds its entries to the registries
with `builder=f"{__name__}:build"`. A package names a module that does the same under the entry points
`mbd_harness.backbones`, `.methods`, `.fusions` or `.datasets`; it is imported when a registry is asked for
a name that it does not have, or to discover all its entries. So is a file that comes with the harness.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from backbones.base.errors import UsageError, UserError
from backbones.base.installed import guarded
from backbones.base.plain_text import clean
from backbones.base.plugin import Plugin
from backbones.base.regular import odd_kind

MODULE = "mbd_plugin_"
# Imported before any plug-in runs, so that none of the harness's own entries is taken for a plug-in's.
CATALOGUES = (
    "backbones.catalogue",
    "methods.catalogue",
    "methods.fusion.catalogue",
    "harness.data.registry",
)
OF_PAPERS = "harness.papers.registry"  # says which plug-ins come with the harness
Files = Callable[[], Iterable[tuple[Path, str]]]


class Plugins:
    """The plug-ins of this process: files that were loaded, and the one that is being loaded.

    built_in: what finds the files that come with the harness (path, name), until they are loaded.
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[Path, Plugin]] = {}
        self._loading: list[Plugin] = []
        self.built_in: list[Files] = []

    @property
    def loading(self) -> Plugin | None:
        """The plug-in that is being loaded: entries that are added now are its own."""
        return self._loading[-1] if self._loading else None

    @property
    def files(self) -> list[Path]:
        """The users' files that were loaded, so that a child process can load them, too."""
        return [path for path, plugin in self._files.values() if not plugin.built_in]

    def hint(self) -> str:
        """Advice for an unexpected error: where users' files were loaded, one of them may be at fault."""
        if not self.files:
            return ""
        names = " or ".join(path.name for path in self.files)
        last = shlex.quote(str(self.files[-1]))
        return f"this may be a fault of {names}: 'harness check-plugin {last}' checks its contract"

    def path_of(self, plugin: Plugin) -> Path | None:
        """The loaded file that a plug-in is; None of an installed one."""
        return next((path for path, each in self._files.values() if each is plugin), None)

    def file_named(self, source: str) -> Path | None:
        """The users' file that was loaded and that records call `source`."""
        files = self._files.values()
        return next((path for path, each in files if each.source == source and not each.built_in), None)

    def load_built_in(self) -> None:
        """Executes the files that come with the harness, once."""
        importlib.import_module(OF_PAPERS)
        while self.built_in:
            for path, name in self.built_in.pop()():
                self.load_file(path, name).built_in = True

    def load_file(self, path: Path, name: str = "") -> Plugin:
        """Executes a user's file, once; its entries are in the registries afterwards.

        It is one file: what else it imports must be installed. name: of a paper's file, "paper/method.py";
        others are called as they are without their suffix. Raises UsageError where there is no such file,
        UserError with the line where it fails.
        """
        source, name = name or path.name, name or path.stem
        known = [plugin for other, plugin in self._files.values() if other == path.resolve()]
        if known:
            return known[0]
        if name in self._files:
            other = self._files[name][0]
            raise UsageError(f"--plugin {path}: '{other}' has the same name; rename one of them")
        if path.suffix != ".py" or not path.is_file():
            what = f"it is {kind}" if (kind := odd_kind(path)) else "no such Python file"
            raise UsageError(f"--plugin {path}: {what}; expected the path of a .py file")
        code = path.read_bytes()
        plugin = Plugin(name, source, hashlib.sha256(code).hexdigest())
        try:
            with self._entries_of(plugin), guarded(f"plug-in {path}"):
                _execute(path, code, _module(name))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise UserError(f"plug-in {path} cannot be loaded: {_reason(error, path)}") from error
        if not plugin.added:
            raise UserError(
                f"plug-in {path} adds nothing; expected for example METHODS.add(MethodEntry(name=…, "
                'target=f"{__name__}:MyMethod", …))'
            )
        self._files[name] = (path.resolve(), plugin)
        return plugin

    def unload_file(self, plugin: Plugin) -> None:
        """Takes a loaded file out again: its entries, its module, and the file from `files`."""
        plugin.remove_entries()
        del self._files[plugin.name], sys.modules[_module(plugin.name)]

    def load_point(self, point: EntryPoint) -> str:
        """Imports an installed plug-in. Gives "", or one line that says why it cannot be used."""
        package = f"{point.dist.name} {point.dist.version}" if point.dist else point.module
        name, plugin = f"plug-in '{point.name}' of {package}", Plugin(point.name, package)
        if not EntryPoint.pattern.match(point.value):
            return f"{name} cannot be loaded: '{clean(point.value)}' is no module, nor MODULE:NAME"
        # Another entry point may name the same module, which then adds nothing further.
        fresh = point.module not in sys.modules
        try:
            with self._entries_of(plugin), guarded(name):
                point.load()
                plugin.sha256 = _hash_of(point.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a stranger's package may raise anything
            return f"{name} cannot be loaded: {_reason(error, None)}"
        return f"{name} adds nothing to any registry" if fresh and not plugin.added else ""

    @contextmanager
    def _entries_of(self, plugin: Plugin) -> Iterator[None]:
        """Entries that are added meanwhile are the plug-in's; if it fails, they are taken out again."""
        for module in CATALOGUES:
            importlib.import_module(module)
        self.load_built_in()
        self._loading.append(plugin)
        try:
            yield
        except BaseException:
            plugin.remove_entries()
            raise
        finally:
            self._loading.pop()


PLUGINS = Plugins()


def installed(plural: str) -> dict[str, EntryPoint]:
    """The entry points of one kind ("backbones", ...), by name; none is imported."""
    return {point.name: point for point in entry_points(group=f"mbd_harness.{plural}")}


def _module(name: str) -> str:
    """What a file's module is called: an identifier after `MODULE` for a paper's file, too."""
    return MODULE + re.sub(r"\W", "_", name) if "/" in name else MODULE + name


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


def _hash_of(module: str) -> str:
    file = getattr(sys.modules[module], "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""


def _reason(error: BaseException, path: Path | None) -> str:
    """`NameError: name 'x' is not defined (line 3)`."""
    lines = str(error).strip().splitlines()
    reason = f"{type(error).__name__}: {clean(lines[0])}" if lines else type(error).__name__
    if isinstance(error, SyntaxError):  # its message has the line already
        return reason
    line, trace = None, error.__traceback__
    while trace is not None:
        if path is not None and trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{reason} (line {line})" if line else reason
