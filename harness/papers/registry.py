"""The papers that are known: those that come with the harness, installed ones, and the user's folders."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Iterator
from functools import wraps
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from backbones.base.errors import PluginWarning, UsageError, suggestion
from backbones.base.plugins import PLUGINS
from backbones.base.regular import odd_kind
from harness.papers.folder import SHEET, Paper, check_folder, is_file, read_folder
from harness.papers.strict import refuse

GROUP = "mbd_harness.papers"
T = TypeVar("T")


class Papers:
    """By name, built-in ones first. A folder is read when it is loaded; its other files when asked for."""

    def __init__(self) -> None:
        self._papers: dict[str, Paper] = {}
        self._ready = False
        self._memory: dict[Any, Any] = {}

    def load(self, folder: Path) -> Paper:
        """Reads a user's folder and executes its plug-in, once. Raises UsageError where it is none."""
        self._begin()
        check_folder(folder)
        ours = [each.folder.resolve() for each in self._papers.values() if each.built_in]
        paper = read_folder(folder, built_in=folder.resolve() in ours)
        there = self._papers.get(paper.name)
        if there and there.folder.resolve() == folder.resolve():
            return there
        if there:
            said = f"two papers are called '{paper.name}', this one and {there.folder}; give it another name"
            refuse(paper.tree.path, paper.row("name"), said)
        if paper.sheet.plugin:
            PLUGINS.load_file(paper.path(paper.sheet.plugin), f"{paper.name}/{paper.sheet.plugin}")
        self._add(paper)
        return paper

    def named(self, text: str) -> Paper:
        """By a name, or by the path of a folder, which is loaded; a `UsageError` where it is neither.

        A name that is known comes before a folder of the same path, unless that has a `paper.yaml`.
        """
        folder = Path(text)
        kind = odd_kind(folder)
        if text in self._known() and (kind != "a folder" or not (folder / SHEET).is_file()):
            return self._papers[text]
        if "/" in text or kind:
            return self.load(folder)
        known = self.names()
        hint = suggestion(text, known) or f"; there are {', '.join(known)}"
        raise UsageError(f"'{text}' is no folder and no paper's name{hint}")

    def get(self, name: str) -> Paper:
        """Raises UsageError where there is none of that name."""
        if name not in self._known():
            known = self.names()
            raise UsageError(
                f"no paper '{name}'{suggestion(name, known) or ';'} there are {', '.join(known)}"
                "; --paper DIR adds yours"
            )
        return self._papers[name]

    def find(self, name: str) -> Paper | None:
        return self._known().get(name)

    def names(self) -> list[str]:
        return list(self._known())

    @property
    def main(self) -> str:
        """The method that is shown first where none is asked for: the first paper's that names one."""
        return next((paper.sheet.main for paper in self if paper.sheet.main), "two_stream")

    def preset(self, name: str) -> str:
        """What `--preset mars/paper` is called in a configuration: of a built-in paper, a name without it."""
        paper = self.find(name.partition("/")[0]) if "/" in name else None
        return paper.presets.get(name.partition("/")[2], name) if paper else name

    def preset_files(self, built_in: bool = False) -> dict[str, Path]:
        """The presets that lie in the papers' folders, by name; or in those that come with the harness."""
        return {
            paper.presets[role]: paper.path(text)
            for paper in self
            for role, text in paper.sheet.presets.items()
            if is_file(text) and (paper.built_in or not built_in)
        }

    def teaching(self, method: str) -> Paper | None:
        """The paper one of whose tables trains the teacher of that method first."""
        return next(
            (each for each in self if method in each.sheet.methods and each.sheet.teachers_table), None
        )

    def built_in_plugins(self) -> list[tuple[Path, str]]:
        """(file, name) of the plug-ins of the papers that come with the harness."""
        return [
            (paper.path(paper.sheet.plugin), f"{paper.name}/{paper.sheet.plugin}")
            for paper in self
            if paper.built_in and paper.sheet.plugin
        ]

    def __iter__(self) -> Iterator[Paper]:
        return iter(list(self._known().values()))

    def loaded(self) -> list[Paper]:
        """The folders that were named on the command line."""
        return [paper for paper in self if not paper.built_in and paper.folder in self._given]

    @property
    def _given(self) -> list[Path]:
        return [paper.folder for paper in self._papers.values() if paper.name not in self._installed]

    def remembered(self, read: Callable[..., T]) -> Callable[..., T]:
        """A function of the papers' data, computed once for as long as no paper is added."""

        @wraps(read)
        def recalled(*given: Any) -> T:
            self._known()
            key = read, given
            if key not in self._memory:
                self._memory[key] = read(*given)
            return self._memory[key]

        return recalled

    def remove(self, name: str) -> None:
        """Takes a loaded paper out again, its plug-in too."""
        paper = self._papers.pop(name)
        self._memory.clear()
        if paper.sheet.plugin:
            PLUGINS.unload_file(PLUGINS.load_file(paper.path(paper.sheet.plugin)))

    def _add(self, paper: Paper) -> None:
        self._papers[paper.name] = paper
        self._memory.clear()

    def _known(self) -> dict[str, Paper]:
        self._begin()
        return self._papers

    def _begin(self) -> None:
        """Reads those that come with the harness, then those of installed packages."""
        if self._ready:
            return
        self._ready = True
        self._installed: set[str] = set()
        home = Path(str(files("results"))) / "papers"
        found = [read_folder(path.parent, built_in=True) for path in home.glob("*/paper.yaml")]
        for paper in sorted(found, key=lambda paper: (paper.sheet.order, paper.name)):
            self._papers[paper.name] = paper
        for point in entry_points(group=GROUP):
            self._add_installed(point)

    def _add_installed(self, point: EntryPoint) -> None:
        """An installed folder; one that cannot be read is left out with a warning."""
        try:
            spec = importlib.util.find_spec(point.module)
            places = list(spec.submodule_search_locations or []) if spec else []
            if not places:
                raise UsageError(f"{point.module} is no package")
            self._installed.add(self.load(Path(places[0])).name)
        except Exception as error:  # a stranger's package may raise anything
            problem = f"paper '{point.name}' of {point.value} cannot be read: {error}"
            warnings.warn(f"{problem}; it is left out", PluginWarning, stacklevel=4)


PAPERS = Papers()
PLUGINS.built_in.append(PAPERS.built_in_plugins)
