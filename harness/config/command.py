"""How a run is typed: the one place that writes `harness run …`. No torch."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from backbones.base.plugins import PLUGINS
from backbones.base.registry import Registry
from backbones.registry import BACKBONES
from harness.config.preset_files import preset, preset_names, pretrained_by
from harness.data.registry import DATASETS
from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS

# Settings that have an option of their own, where their value is a word.
OPTIONS = {"local.weights": "--weights-local", "global.weights": "--weights-global"}


@dataclass(frozen=True)
class RunCommand:
    """`harness run` with its options; what is empty is left to the preset.

    pairs: as `--set` takes them; of one setting given twice the last one holds. plugins: users' files.
    seeds: runs with seeds 0 … N-1. pair: seed of the pre-training, where it is not the run's. processes:
    started by torchrun where there are several. of: tables, claims or presets of papers that ask for the run.
    """

    method: str
    preset: str
    fusion: str = ""
    backbone: str = ""
    dataset: str = ""
    split: str = ""
    data_root: str = ""
    seed: int | None = None
    precision: str = ""
    plugins: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    seeds: int | None = None
    pair: int | None = None
    from_scratch: bool = False
    restart: bool = False
    processes: int = 1
    of: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """The arguments of `harness run`."""
        named = {
            "--method": self.method,
            "--fusion": self.fusion,
            "--backbone": self.backbone,
            "--preset": self.preset,
            "--dataset": self.dataset,
            "--split": self.split,
            "--data-root": self.data_root,
            "--seed": "" if self.seed is None else str(self.seed),
            "--pair": "" if self.pair is None else str(self.pair),
            "--precision": self.precision,
        }
        words = [word for option, value in named.items() if value for word in (option, value)]
        words += [word for name in self.pretrained_on() for word in ("--data-root", f"{name}=DIR")]
        words += sources((*self.of, self.preset), self.plugins)
        words += [word for pair in last_of_each(self.pairs) for word in _setting(pair)]
        words += [] if self.seeds is None else ["--seeds", str(self.seeds)]
        return words + ["--from-scratch"] * self.from_scratch + ["--restart"] * self.restart

    def pretrained_on(self) -> list[str]:
        """Other data sets whose folders are to be given: of the preset's pre-training."""
        entry, method = DATASETS.find(self.dataset), METHODS.find(self.method)
        given = {pair.partition("=")[0] for pair in self.pairs}
        if self.from_scratch or not self.data_root or entry is None or entry.drawn or method is None:
            return []
        if self.preset not in preset_names() or set(OPTIONS) <= given:
            return []
        if method.taught_by not in ("", pretrained_by(self.preset)):
            return []
        says = preset(self.preset).get("pretraining", {}).values()
        names = dict.fromkeys(each.get("data", {}).get("dataset", self.dataset) for each in says)
        return [name for name in names if name != self.dataset]

    def line(self) -> str:
        """As typed in a shell."""
        started = ["torchrun", "--nproc-per-node", str(self.processes), "-m"] * (self.processes > 1)
        return shlex.join([*started, "harness", "run", *self.words()])


def sources(names: Iterable[str], plugins: Iterable[str]) -> list[str]:
    """`--paper` of what belongs to a user's paper, `--plugin` of other files.

    names: presets, tables and claims; those of a paper's folder begin with its name: "mars/paper".
    """
    words: dict[tuple[str, str], None] = {}
    for name in names:
        owner = PAPERS.find(name.partition("/")[0]) if "/" in name else None
        if owner in PAPERS.loaded():
            words["--paper", as_typed(owner.folder)] = None
    for file in plugins:
        paper = next((p for p in PAPERS.loaded() if p.owns(Path(file))), None)
        words[("--paper", as_typed(paper.folder)) if paper else ("--plugin", file)] = None
    return [word for pair in words for word in pair]


def given_sources(shown: Callable[[Path], str] = str) -> list[str]:
    """`--paper` and `--plugin` of all that this process was given, for processes in any folder.

    shown: `as_typed` for a command that is printed.
    """
    papers = PAPERS.loaded()
    files = [file for file in PLUGINS.files if not any(paper.owns(file) for paper in papers)]
    words = [("--paper", paper.folder) for paper in papers] + [("--plugin", file) for file in files]
    return [word for option, path in words for word in (option, shown(path.resolve()))]


def last_of_each(pairs: Iterable[str]) -> tuple[str, ...]:
    """Of each setting the last pair, where its first one stood."""
    return tuple({pair.partition("=")[0]: pair for pair in pairs}.values())


def _setting(pair: str) -> tuple[str, ...]:
    if pair == "compile=true":
        return ("--compile",)
    key, _, text = pair.partition("=")
    value = yaml.safe_load(text) if key in OPTIONS else None
    return (OPTIONS[key], value) if value and isinstance(value, str) else ("--set", pair)


def placeholder_root(dataset: str) -> str:
    """`DIR` where the data set needs `--data-root`, else nothing."""
    entry = DATASETS.find(dataset)
    return "DIR" if entry is None or entry.needs_root else ""


def loaded_files(method: str, rule: str, dataset: str, backbones: Iterable[str]) -> list[str]:
    """The users' files, as loaded here, that add one of these names, or the method's own fusion rule."""
    entry = METHODS.find(method)
    asked: list[tuple[Registry, str]] = [(METHODS, method), (FUSIONS, rule), (DATASETS, dataset)]
    asked += [(FUSIONS, entry.fusion)] if entry else []
    asked += [(BACKBONES, name) for name in backbones]
    origins = [PLUGINS.path_of(plugin) for registry, name in asked if (plugin := registry.origin(name))]
    return [as_typed(path) for path in PLUGINS.files if path in origins]


def recorded_files(names: Iterable[str]) -> tuple[str, ...]:
    """The users' files among the plug-ins' sources that a record has, by where they were loaded from here.

    Files of papers that come with the harness are known without being given.
    """
    ours = {name for _, name in PAPERS.built_in_plugins()}
    files = [(name, PLUGINS.file_named(name)) for name in names if name.endswith(".py") and name not in ours]
    return tuple(as_typed(path) if path else name for name, path in files)


def as_typed(path: Path) -> str:
    """Relative to where the user is, where the file lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
