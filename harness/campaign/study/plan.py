"""The file of a study: arms or a paper's tables, pairs and seeds, margins. No torch.

paper: mbd                # which claims; or arms: [two_stream, mbd, {mbd: {final: false}}]
tables: [components, teachers]
dataset: localglobal
preset: tiny              # or config: FILE, a configuration file beside the plan
pairs: 27                 # pre-trainings, each with scenes of its own
seeds: {1: all, 2: 6}     # one joint seed in all pairs, a second one in six of them
margin: 1.0               # points that matter; {headline: 1.0, conflict: 5.0}: of parts too
precision: fp32
threads: 2
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from backbones.base.errors import UsageError, error_line
from harness.campaign.study.own_settings import OWN, check_apart, check_once, check_settings
from harness.campaign.study.plan_errors import explained
from harness.campaign.study.plan_rows import refused
from harness.config.schema import Strict
from harness.files import parse_yaml, read_regular

HEADLINE = "headline"
MOST_PAIRS, SPAN = 500, 10_000
MOST_SEEDS = SPAN // MOST_PAIRS
Count = Annotated[int, Field(ge=1)]
Points = Annotated[float, Field(gt=0, le=100)]
Seed = Annotated[int, Field(ge=1, le=MOST_SEEDS)]
Joint = Count | Literal["all"]
ArmText = str | dict[str, dict[str, Any]]  # "mbd", or {"mbd": {"final": False}}


class Controls(Strict):
    """Arms that must differ, or "no difference" is not said. at_least: points, either way.

    harm, gain: arms, compared with `against`, which they must fall short of and exceed.
    """

    harm: ArmText
    gain: ArmText
    against: ArmText = "two_stream"
    at_least: Points = 2.0


class StudyPlan(Strict):
    """A plan as its file gives it; see the module's head.

    name: of the study, by default that of its file. paper: whose claims are judged ("" for none). tables:
    whose rows are arms. arms: further ones. settings: of all runs, as `--set` takes them. splits: one for
    each pair, in the place of `split`: the folds of a cross-validation. seeds: joint seed: the number of
    pairs that have it, or "all". from_scratch: without the preset's pre-training; a pair is then no more than
    a seed with videos of its own. fitted: arms whose learned fusion rules are fitted and scored, all arms
    where it is left out. part: the videos that are tested; a study on validation clips chooses settings and
    gives no verdict.
    """

    name: str = Field(default="", pattern=r"^[a-z0-9][a-z0-9-]*$|^$")
    paper: str = ""
    tables: tuple[str, ...] = ()
    arms: tuple[ArmText, ...] = ()
    dataset: str
    split: str = ""
    splits: tuple[str, ...] = ()
    preset: str
    settings: tuple[str, ...] = ()
    pairs: Annotated[int, Field(ge=1, le=MOST_PAIRS)]
    seeds: dict[Seed, Joint] = Field(default_factory=lambda: dict[Seed, Joint]({1: "all"}))
    margin: dict[str, Points] = Field(default_factory=lambda: {HEADLINE: 1.0})
    precision: Literal["fp32", "bf16"] = "fp32"
    threads: Annotated[int, Field(ge=1, le=1024)] = 2
    fitted: tuple[str, ...] | None = None
    part: Literal["test", "validation"] = "test"
    from_scratch: bool = False
    controls: Controls | None = None

    @field_validator("margin", mode="before")
    @classmethod
    def _one_margin(cls, margin: Any) -> Any:
        return margin if isinstance(margin, dict) else {HEADLINE: margin}

    @model_validator(mode="after")
    def _sensible(self) -> StudyPlan:
        if not self.tables and not self.arms:
            raise ValueError("a study needs arms, or the tables of a paper")
        if HEADLINE not in self.margin:
            raise ValueError(f"margin needs '{HEADLINE}': the points that matter for the headline number")
        if self.splits and len(self.splits) != self.pairs:
            raise ValueError(f"{len(self.splits)} splits for {self.pairs} pairs: give one for each pair")
        if self.seeds.get(1) != "all":
            raise ValueError("seeds: joint seed 1 must be in all pairs ({1: all, 2: 6})")
        for seed, count in self.seeds.items():
            if count != "all" and count > self.pairs:
                raise ValueError(f"seeds: joint seed {seed} is in {count} pairs; there are {self.pairs}")
        check_once("tables", self.tables)
        check_once("fitted", self.fitted or ())
        if len({self.seeds_of(pair) for pair in range(self.pairs)} - {()}) == 0:
            raise ValueError("seeds: no pair has one")
        return self

    def seeds_of(self, pair: int) -> tuple[int, ...]:
        """The joint seeds of pair 0 … pairs - 1: a seed of n pairs is in the first n."""
        wanted = sorted(self.seeds.items())
        return tuple(seed for seed, count in wanted if count == "all" or pair < count)

    def split_of(self, pair: int) -> str:
        """Where the pair is trained and tested; "" is the data set's first split."""
        return self.splits[pair] if self.splits else self.split

    def pair_seed(self, pair: int) -> int:
        """Of the pre-training and of the scenes: of its own for each pair of each study."""
        digest = hashlib.sha256(self.name.encode()).digest()
        return int.from_bytes(digest[:4], "big") // SPAN * SPAN + pair

    def joint_seed(self, pair: int, seed: int) -> int:
        """Of joint seed 1 … of that pair: no other run of the study has the same."""
        return self.pair_seed(pair) + MOST_PAIRS * (seed - 1)


def read_plan(path: Path) -> tuple[StudyPlan, str]:
    """(the plan, SHA-256 in hex of its file, as `whole_text` has it); a `UsageError` for no plan."""
    text, tree = _parsed(path)
    own, whole = tree.get("settings"), text
    if "config" in tree:
        tree = _from_file(path, tree)
        whole = _as_text(tree)
    try:
        plan = StudyPlan.model_validate({"name": path.stem, **tree})
    except ValidationError as error:
        raise refused(path, text, _said(error)) from None
    _check_settings(path, text, plan, own or ())
    return plan, hashlib.sha256(whole.encode()).hexdigest()


def whole_text(path: Path) -> str:
    """The plan in one file: its own, or with the preset and settings that its `config` says in its place."""
    text, tree = _parsed(path)
    return _as_text(_from_file(path, tree)) if "config" in tree else text


def _as_text(tree: dict[str, Any]) -> str:
    """YAML. Of a setting that is given twice the last."""
    import yaml

    last = {str(pair).partition("=")[0]: pair for pair in tree["settings"]}
    plain = tree | {"settings": list(last.values())}
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    """(text, what it says)"""
    try:
        text = read_regular(path)
        tree = parse_yaml(text)
    except OSError as error:
        raise UsageError(f"plan {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"plan {path}: {error_line(error)}") from None
    if not isinstance(tree, dict):
        raise UsageError(f"plan {path}: expected a mapping with 'dataset', 'preset', 'pairs' …")
    return text, tree


def _check_settings(path: Path, text: str, plan: StudyPlan, own: Sequence[str]) -> None:
    """Raises UsageError for what the plan says elsewhere. own: its settings without those of its `config`,
    which they may overrule."""
    known = OWN | ({"fit.rules": "fitted"} if plan.fitted is not None else {})
    named = named_arms(plan)
    given = {"settings": own, "config": [each for each in plan.settings if each not in own]}
    given |= {where: list(_settings_of(arm)) for where, arm in named.items()}
    for where, pairs in given.items():
        try:
            check_settings(pairs, known)
            check_apart(pairs, own if where.startswith("arms") else ())
        except (ValueError, UsageError) as error:
            raise refused(path, text, f"{where}: {error}") from None


def named_arms(plan: StudyPlan) -> dict[str, ArmText]:
    """The arms that the plan itself names, by where it does: "arms[0]", "controls.harm"."""
    named = {f"arms[{number}]": text for number, text in enumerate(plan.arms)}
    if plan.controls:
        named |= {f"controls.{role}": getattr(plan.controls, role) for role in ("harm", "gain", "against")}
    return named


def _settings_of(text: ArmText) -> Iterator[str]:
    """The settings that an arm names, each as one of `--set`."""
    for settings in text.values() if isinstance(text, dict) else ():
        for key in settings:
            yield f"{key if '.' in key else f'method.{key}'}=0"


def _said(error: ValidationError) -> str:
    return explained(error, StudyPlan, Controls, MOST_SEEDS)


def _from_file(path: Path, tree: dict[str, Any]) -> dict[str, Any]:
    """The plan with the preset and the settings of its configuration file."""
    from harness.config.base.base import without_nulls
    from harness.config.base.config_file import read_config
    from harness.config.difference import as_pairs, flatten

    name, settings = tree["config"], tree.get("settings") or []
    if "preset" in tree or not isinstance(name, str) or not isinstance(settings, list):
        raise UsageError(f"plan {path}: 'config' is the name of a file, in the place of 'preset'")
    base = read_config(path.parent / name)
    if base.whole is not None or "families" in base.said:
        raise UsageError(
            f"plan {path}: config {name}: of a study it extends a preset, and has neither 'preset' nor "
            "'families'"
        )
    said = without_nulls(base.said)
    plain = {key: value for key, value in tree.items() if key != "config"}
    pairs = as_pairs(flatten(said))
    return plain | {"preset": base.preset, "settings": [*pairs, *settings]}
