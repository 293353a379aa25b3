"""A paper's folder: `paper.yaml` and the names of the files that may lie beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import Field

from backbones.base.errors import UsageError, suggestion
from backbones.base.regular import odd_kind
from harness.papers.strict import Strict, Tree, check_plain, read_yaml, refuse, validated

SCHEMA = 1
SHEET, CLAIMS, CITED, NETWORKS = "paper.yaml", "claims.csv", "cited.csv", "networks.csv"
TABLES, FIGURES = "tables.yaml", "figures.yaml"
QUESTIONS, DEVIATIONS, PLUGIN = "open-questions.yaml", "deviations.yaml", "method.py"
KNOWN = (SHEET, CLAIMS, CITED, NETWORKS, TABLES, FIGURES, QUESTIONS, DEVIATIONS, PLUGIN)
PRESETS, STUDIES = "preset*.yaml", "study*.yaml"
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Sheet(Strict):
    """`paper.yaml`.

    schema: of this file. name: of the paper in commands, and before its tables and claims ("mars/main").
    cite: how it is cited, in a line. source: where its numbers can be looked up, where a row says nothing
    else. order: its place among papers. presets: {"paper": its protocol, "tiny": the same on generated
    clips}; each a file of the folder, or the name of a preset of the harness. preset_names: {role: what such
    a file is called instead of "mars/paper"}, of papers that come with the harness. plugin: a file of the
    folder that is executed. main: the method that figures of runs show first. methods: those whose teachers
    `teachers_table` trains. datasets: {name: why no run can be on it}. scope: {what this harness does not
    do: why}.
    """

    schema_: int = Field(alias="schema")
    name: str = Field(pattern=NAME)
    title: str
    cite: str
    source: str = ""
    order: int = 100
    presets: dict[str, str] = Field(default_factory=dict)
    preset_names: dict[str, str] = Field(default_factory=dict)
    plugin: str = ""
    main: str = ""
    methods: tuple[str, ...] = ()
    teachers_table: str = ""
    datasets: dict[str, str] = Field(default_factory=dict)
    scope: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Paper:
    """sheet: its `paper.yaml`. built_in: whether it comes with the harness; its names need no prefix."""

    folder: Path
    sheet: Sheet
    tree: Tree
    built_in: bool = False

    @property
    def name(self) -> str:
        return self.sheet.name

    def full(self, name: str) -> str:
        """The name of one of its claims, tables or figures: "mars/main"."""
        return name if self.built_in else f"{self.name}/{name}"

    @property
    def teachers_table(self) -> str:
        """The table whose plan trains teachers, by its full name."""
        return self.full(self.sheet.teachers_table)

    def has(self, name: str) -> bool:
        """Whether the file is there. An optional one that is empty, or holds comments alone, counts as not
        there: whoever empties it means "none"."""
        path = self.folder / name
        return path.is_file() and (name == CLAIMS or not _is_blank(path))

    def owns(self, file: Path) -> bool:
        """Whether the file is its plug-in."""
        return bool(self.sheet.plugin) and file.resolve() == self.path(self.sheet.plugin).resolve()

    def path(self, name: str) -> Path:
        return self.folder / name

    @cached_property
    def presets(self) -> dict[str, str]:
        """{role: name of the preset, as `--preset` and records have it}."""
        return {
            role: self.sheet.preset_names.get(role, f"{self.name}/{role}") if is_file(text) else text
            for role, text in self.sheet.presets.items()
        }

    def row(self, *place: str) -> int:
        return self.tree.row(place)


def is_file(text: str) -> bool:
    return text.endswith(".yaml")


def read_folder(folder: Path, built_in: bool = False) -> Paper:
    """The paper; a `UsageError` where the folder is none, its form is newer, or a path leads out of it."""
    check_folder(folder)
    _check_kinds(folder)
    path = folder / SHEET
    if not path.is_file():
        raise UsageError(f"--paper {folder}: it has no {SHEET}; 'harness paper new DIR' shows one")
    if not built_in:  # an installer may have linked those of the harness
        _check_links(folder)
    tree = read_yaml(path)
    if isinstance(tree.value, dict):
        _check_schema(tree)
    sheet = validated(Sheet, tree)
    paper = Paper(folder, sheet, tree, built_in)
    _check_files(paper)
    return paper


def check_folder(folder: Path) -> None:
    """Raises UsageError for a path that is no folder: nothing there, a file, a link that leads to itself."""
    kind = odd_kind(folder)
    if kind == "a folder":
        return
    if kind or folder.is_file():
        raise UsageError(f"--paper {folder}: it is {kind or 'a file'}; expected the folder of a paper")
    raise UsageError(f"--paper {folder}: no such folder; 'harness paper new {folder}' begins one")


def _check_kinds(folder: Path) -> None:
    """Raises UsageError for a file of data that is a pipe, a folder, a link into nothing."""
    for path in _data_files(folder):
        if kind := odd_kind(path):
            raise UsageError(f"{path}: it is {kind}; expected a file")


def _data_files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".csv"))
    except OSError as error:
        raise UsageError(f"--paper {folder}: {error.strerror}") from None


def _check_links(folder: Path) -> None:
    """Raises UsageError for a file of data that is another folder's."""
    for path in _data_files(folder):
        if path.resolve().parent != folder.resolve():
            raise UsageError(f"{path}: a link that leads out of the folder; put the file itself there")


def _check_schema(tree: Tree) -> None:
    """First: what a newer form calls its keys is not known here."""
    given = tree.value.get("schema")
    if isinstance(given, int) and given > SCHEMA:
        said = f"its schema is {given}, this harness reads up to {SCHEMA}; a newer harness reads it"
        refuse(tree.path, tree.row(("schema",)), said)
    if given is not None and (given != SCHEMA or isinstance(given, bool)):
        refuse(tree.path, tree.row(("schema",)), f"schema: got {given!r}; expected {SCHEMA}")


def _check_files(paper: Paper) -> None:
    if paper.sheet.preset_names and not paper.built_in:
        said = "preset_names: only papers that come with the harness have names without their own before them"
        refuse(paper.tree.path, paper.row("preset_names"), said)
    for role, text in paper.sheet.presets.items():
        check_plain(paper.tree, role, "preset", "presets")
        if is_file(text):
            _check_inside(paper, text, "presets", role)
    if paper.sheet.plugin:
        _check_inside(paper, paper.sheet.plugin, "plugin")
        if not paper.sheet.plugin.endswith(".py"):
            refuse(paper.tree.path, paper.row("plugin"), f"plugin: '{paper.sheet.plugin}' is no .py file")
    if not paper.has(CLAIMS) and not paper.has(CITED):
        raise UsageError(f"{paper.folder}: it has no {CLAIMS}; a paper's claims stand there")
    for path in _data_files(paper.folder):
        if not _is_known(path, paper):
            known = [*KNOWN, "preset.yaml", "study.yaml"]
            raise UsageError(
                f"{path}: no file of a paper is called so{suggestion(path.name, known) or ';'} expected "
                f"{', '.join((*KNOWN, PRESETS, STUDIES))}"
            )


def _is_known(path: Path, paper: Paper) -> bool:
    return path.name in KNOWN or any(path.match(each) for each in (PRESETS, STUDIES))


def _check_inside(paper: Paper, text: str, *place: str) -> None:
    """A file of the folder itself: no other folder's, by no link either."""
    where, path = ".".join(place), paper.folder / text
    if "/" in text or "\\" in text or text.startswith("."):
        refuse(
            paper.tree.path,
            paper.row(*place),
            f"{where}: '{text}' leads out of the folder; name a file in it",
        )
    if kind := odd_kind(path):
        refuse(paper.tree.path, paper.row(*place), f"{where}: '{text}' is {kind}; expected a file")
    if not path.is_file():
        refuse(paper.tree.path, paper.row(*place), f"{where}: there is no file '{text}' in {paper.folder}")
    if not paper.built_in and path.resolve().parent != paper.folder.resolve():
        refuse(
            paper.tree.path, paper.row(*place), f"{where}: '{text}' is a link that leads out of the folder"
        )


def _is_blank(path: Path) -> bool:
    """Whether a file says nothing; what cannot be read is told where it is read."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            return all(not line.strip() or line.lstrip().startswith("#") for line in lines)
    except (OSError, UnicodeDecodeError):
        return False
