"""The command under an empty cell or an undecided claim: what makes the run that it asks for. No torch."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backbones.base.streams import STREAMS
from harness.campaign.shared_settings import Base, base_of, pairs_for, recipe_pairs
from harness.campaign.teachers import teacher_pairs
from harness.config.command import (
    RunCommand,
    last_of_each,
    loaded_files,
    placeholder_root,
    recorded_files,
    sources,
)
from harness.config.difference import as_pairs, shared_overrides, without_own_settings
from harness.config.preset_files import preset_names, pretrained_by
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.papers.registry import PAPERS
from harness.record.schema import Record
from methods.catalogue import METHODS, teacher_of, uses_own_networks
from methods.fusion.catalogue import FUSIONS
from results.claims.protocols import tiny_of
from results.claims.side import PAPER_PRESET, Side, pair_of
from results.matching import paper_preset
from results.records import OFFICIAL_SPLITS
from results.reproduce import is_from_scratch, precision

HELD_OUT = "fit.share=0.1"  # groups of training videos that the streams leave to rules that learn
OWN_RULES = "fit.rules=own"  # of all rules that learn the method's own alone is fitted
TEACHER = "TEACHER"  # stands for the run of a teacher, which is not known yet
SPLIT = "$split"


@dataclass(frozen=True)
class Asked:
    """A run that a cell or a claim asks for, under the paper's protocol or as `like` was run.

    side: the method, its settings, and the output that is looked at. preset, dataset: "" is the preset's own.
    of: the table or the claim that asks.
    """

    side: Side
    preset: str
    dataset: str
    like: Record | None = None
    of: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """By which a user's paper is found that the run is for."""
        return self.of, self.side.preset, self.preset

    @property
    def teacher(self) -> str:
        """The stream whose weights the method needs, or ""."""
        return teacher_of(self.side.name)

    @property
    def student_of(self) -> str:
        """The weights of the teacher that `like` began with, where it is of the same method, or ""."""
        same = self.like and self.like.config["method"]["name"] == self.side.name
        return self.like.config[self.teacher]["weights"] if self.like and self.teacher and same else ""

    def backbone(self, stream: str) -> str:
        """The network of a stream, as the side names it, or the runs or the preset have it."""
        config = self.like.config if self.like else paper_preset(self.preset or self.side.preset)
        return self.side.tree().get(f"{stream}.backbone", config[stream]["backbone"])

    def pairs(self) -> tuple[str, ...]:
        """Settings as `--set` takes them: those of `like`, then the side's own, of each the last."""
        own = [f"{key}={value}" for key, value in self.side.pairs if value != "*"]
        before = recipe_pairs(self.like) if self.like and self._is_pretrained() else ()
        return last_of_each((*pairs_for(self.side.name, self._like_pairs()), *before, *own))

    def _is_pretrained(self) -> bool:
        """Whether the recipe of the preset holds for the method; one with a teacher may have its own."""
        method = METHODS.find(self.side.name)
        known = method is not None and self.preset in preset_names()
        return known and METHODS.get(self.side.name).taught_by in ("", pretrained_by(self.preset))

    def _like_pairs(self) -> tuple[str, ...]:
        if self.like is None:
            return ()
        config = self.like.config
        # Settings of one network are none of another one's.
        others = [name for name in STREAMS if self.backbone(name) != config[name]["backbone"]]
        pairs = {pair.partition("=")[0]: pair for pair in shared_overrides(Config.model_validate(config))}
        for name in others:
            pairs = without_own_settings(pairs, config, name)
        if self._is_fitted_with_all():
            pairs.pop("fit.rules", None)
        return tuple(pairs.values())

    def _is_fitted_with_all(self) -> bool:
        """Whether `fit.rules=own` leaves out the rule that is looked at."""
        rule, entry = FUSIONS.find(self.side.output), METHODS.find(self.side.name)
        own = self.side.tree().get("method.fusion", entry.fusion if entry else "")
        return rule is not None and rule.learned and self.side.output != own

    def plugins(self) -> tuple[str, ...]:
        """Users' files that add what the run names: as loaded here, or as the record of `like` names them."""
        networks = () if uses_own_networks(self.side.name) else tuple(map(self.backbone, STREAMS))
        loaded = loaded_files(self.side.name, self.side.output, self.dataset, networks)
        names = {f"method {self.side.name}", f"fusion {self.side.output}", f"data set {self.dataset}"}
        names |= {f"backbone {name}" for name in networks}
        recorded = self.like.plugins if self.like else ()
        others = recorded_files(plugin.source for plugin in recorded if names & {*plugin.adds})
        return tuple(dict.fromkeys((*loaded, *others)))


def run_command(
    side: Side,
    dataset: str,
    seeds: int = 5,
    like: Record | None = None,
    restart: bool = False,
    of: str = "",
) -> str:
    """What makes a side's records: under the paper's protocol, or as `like` was run.

    `harness run`; of a student whose teacher is not known, the table that trains that first, seed by seed; of
    an ensemble, one command after the other. restart: to make again what is there. of: the table or the claim
    that asks; a user's paper is named by it.
    """
    if side.members:
        commands = (run_command(part, dataset, seeds, like, restart, of) for part in side.members)
        return " && ".join(dict.fromkeys(commands))
    asked = replace(_asked(side, dataset, like), of=of)
    if asked.teacher and not asked.student_of:
        return _with_teachers(asked, seeds)
    return _on_each_split(replace(_command(asked), seeds=seeds, restart=restart))


def _asked(side: Side, dataset: str, like: Record | None) -> Asked:
    preset = like.config["preset"] if like else side.preset
    # What was run on no data set yet is first run on the clips that need none.
    if not dataset and not like:
        dataset, preset = "localglobal", tiny_of(preset)
    return Asked(side, preset, like.data.dataset if like else dataset, like)


def _command(asked: Asked) -> RunCommand:
    like, method = asked.like, asked.side.name
    pairs = [pair for pair in asked.pairs() if not pair.startswith("local.backbone=")]
    if _fits_on_nothing(asked):
        pairs = [pair for pair in pairs if not pair.startswith("fit.")] + [HELD_OUT]
    if asked.student_of:
        pairs += as_pairs({f"{asked.teacher}.weights": asked.student_of})
    return RunCommand(
        method=method,
        preset=asked.preset,
        backbone="" if uses_own_networks(method) else asked.backbone("local"),
        dataset=asked.dataset,
        split=_split(asked),
        data_root=placeholder_root(asked.dataset),
        precision=precision(like) if like else "",
        plugins=asked.plugins(),
        of=asked.names,
        pairs=tuple(pairs),
        from_scratch=like is not None and is_from_scratch(like),
    )


def _split(asked: Asked) -> str:
    """Accuracy on some data sets is the mean over their splits; of others all but the first are named."""
    if asked.dataset in OFFICIAL_SPLITS:
        return SPLIT
    own = asked.like.data.split if asked.like else ""
    entry = DATASETS.find(asked.dataset)
    first = entry.splits[0] if entry else ""
    return "" if own == first else own


def _on_each_split(command: RunCommand) -> str:
    if command.split != SPLIT:
        return command.line()
    splits = " ".join(str(number + 1) for number in range(OFFICIAL_SPLITS[command.dataset]))
    line = command.line().replace(shlex.quote(SPLIT), f'"{SPLIT}"')
    return f"for split in {splits}; do {line}; done"


def _fits_on_nothing(asked: Asked) -> bool:
    """Whether the rule learns, and the streams would leave it nothing to learn from."""
    fit: dict[str, Any] = asked.like.config.get("fit", {}) if asked.like else _preset_fit(asked.preset)
    side = asked.side
    entry = DATASETS.find(asked.dataset)
    held = entry is not None and "fit" in entry.parts
    held = held or fit.get("share") or fit.get("folds") or any(k.startswith("fit.") for k, _ in side.pairs)
    rule = FUSIONS.find(side.output)
    return rule is not None and rule.learned and not held


def _preset_fit(preset: str) -> dict[str, Any]:
    return paper_preset(preset).get("fit", {})


def _with_teachers(asked: Asked, seeds: int) -> str:
    """By the table that trains them first: the method's own settings are its rows, and a run of another
    protocol says nothing of theirs. Of a method that no paper has a table for, two runs."""
    paper = PAPERS.teaching(asked.side.name)
    if paper is None:
        return _two_runs(asked, seeds)
    real = paper.presets.get("paper", PAPER_PRESET)
    if asked.preset not in (real, tiny_of(real)):
        asked = replace(asked, preset=tiny_of(real), like=None)
    pairs = [pair for pair in asked.pairs() if not pair.startswith("method.")]
    if asked.like:
        pairs.append(f"precision={precision(asked.like)}")
    root = placeholder_root(asked.dataset)
    words = _table_words(paper.teachers_table, asked, [f"{asked.dataset}={root}"] * bool(root))
    words += sources((paper.teachers_table, *asked.names), asked.plugins())
    return shlex.join([*words, *_each("--set", pairs), "--seeds", str(seeds)])


def _table_words(name: str, asked: Asked, roots: Iterable[str]) -> list[str]:
    words = ["harness", "table", name, "--run", "--preset", asked.preset, "--dataset", asked.dataset]
    return words + _each("--data-root", roots)


def table_command(
    name: str,
    sides: Sequence[Side],
    dataset: str,
    seeds: int,
    like: Record | None,
    labels: Iterable[str] = (),
) -> str:
    """What makes the runs of many rows of a table at once; arguments as of `run_command`.

    labels: patterns of the rows' labels, where the table has others too.
    """
    every = [_asked(side, dataset, like) for part in sides for side in part.parts]
    base = base_of(like) if like else Base(every[0].preset)
    roots = [f"{every[0].dataset}={root}" for root in [placeholder_root(every[0].dataset)] if root]
    roots += [f"{other}=DIR" for each in every for other in _command(each).pretrained_on()]
    words = _table_words(name, every[0], dict.fromkeys(roots))
    words += sources(
        (name, *every[0].names), dict.fromkeys(file for each in every for file in each.plugins())
    )
    words += [*_each("--set", base.pairs), *_each("--rows", labels)]
    return shlex.join([*words, "--seeds", str(seeds)])


def _two_runs(asked: Asked, seeds: int) -> str:
    """The teacher's, then the student's, which names it."""
    entry, student = METHODS.get(asked.side.name), _command(asked)
    weights = as_pairs({f"{asked.teacher}.weights": TEACHER})
    student = replace(student, seeds=seeds, pairs=(*student.pairs, *weights))
    pairs = tuple(pair_of(pair) for pair in teacher_pairs(entry, asked.side.settings()))
    teacher = replace(asked, side=replace(asked.side, name=entry.taught_by, pairs=pairs))
    return f"{_on_each_split(_command(teacher))} && {_on_each_split(student)}"


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
