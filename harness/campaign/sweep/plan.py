"""A sweep as it was asked for: arms, what is tried and on which videos. No torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from backbones.base.errors import UsageError
from harness.campaign.arm import Arm
from harness.campaign.plan import resolved
from harness.campaign.planned import Wanted
from harness.campaign.shared_settings import Base
from harness.campaign.sweep.trial import Trial
from harness.config.base.base import Base as ConfigBase
from harness.config.base.base import without_nulls
from harness.config.difference import as_pairs, flatten
from harness.config.schema import Config
from harness.config.typed.full_names import full_key
from harness.config.warnings import check_weights
from harness.data.registry import DATASETS

ON_VALIDATION = "test.part=validation"
KEEPS_NONE = "data.validation=0"


class Proposals(Protocol):
    """What is tried: a grid, or draws from a space. how: in words. trials: of each arm."""

    how: str
    trials: int

    def rounds(self) -> list[range]: ...
    def propose(self, arm: str, number: int, earlier: Sequence[Trial]) -> dict[str, Any]: ...
    def plain(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Sweep:
    """base: the settings of all runs. dataset, split: "" is the preset's. seed: of every run, and of draws.

    metric: what is highest in the chosen trial, as `results.records.share` takes it.
    """

    arms: tuple[Arm, ...]
    base: Base
    dataset: str
    split: str
    seed: int
    metric: str
    proposals: Proposals

    @property
    def id(self) -> str:
        """12 hex digits over all that was asked for."""
        text = json.dumps(self.plain(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def plain(self) -> dict[str, Any]:
        return {
            "arms": {arm.name: [arm.method, *arm.pairs] for arm in self.arms},
            "preset": self.base.preset,
            "settings": list(self.base.pairs),
            "dataset": self.dataset,
            "split": self.split,
            "seed": self.seed,
            "metric": self.metric,
            "tried": self.proposals.plain(),
            "trials": self.proposals.trials,
        }

    def arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)

    def wanted(self, trial: Trial) -> Wanted:
        """The trial's run, on validation videos."""
        return self._wanted(trial, trial.label, (*self.base.pairs, ON_VALIDATION))

    def wanted_test(self, trial: Trial) -> Wanted:
        """The chosen trial's run on test videos: trained on the videos that were kept for the choice, too,
        unless its rate follows the loss on them."""
        config = self._config(trial, self.base.pairs)
        kept = config.data.validation > 0 and config.train.schedule != "plateau"
        pairs = (*self.base.pairs, *[KEEPS_NONE] * kept)
        return self._wanted(trial, f"test of {trial.label}", pairs)

    def _wanted(self, trial: Trial, label: str, pairs: tuple[str, ...]) -> Wanted:
        arm, base = self.arm(trial.arm), Base(self.base.preset, pairs)
        own = (*arm.pairs, *trial.pairs)
        return Wanted(label, "", arm.method, own, self.dataset, self.split, self.seed, base)

    def _config(self, trial: Trial, pairs: tuple[str, ...]) -> Config:
        want = self._wanted(trial, trial.label, pairs)
        return resolved(want, Base(self.base.preset, pairs))

    def check(self) -> None:
        """A `UsageError` where there would be nothing to choose by, or the choice would be no fair one."""
        for pair in self.base.pairs:
            key = full_key(pair.partition("=")[0])
            if key == "test.part" or key.startswith("pretraining."):
                raise UsageError(
                    f"--set {pair}: a sweep tests trials on validation videos, and the chosen "
                    "one on test videos, from the preset's own pre-training; leave it out"
                )
        for arm in self.arms:
            settings = self.proposals.propose(arm.name, 1, ())
            config = self._config(Trial(arm.name, 1, settings), self.base.pairs)
            _check_validation(config)
            check_weights(config)


def _check_validation(config: Config) -> None:
    name, share = config.data.dataset, config.data.validation
    own = "validation" in DATASETS.get(name).parts
    if own and share:
        raise UsageError(f"data.validation={share:g}: {name} has videos of its own for that; leave it out")
    if not own and not share:
        raise UsageError(
            f"{name} has no validation videos to choose by: keep some of the training videos, in whole "
            "groups, with --set data.validation=0.2"
        )


def as_settings(given: ConfigBase) -> tuple[str, tuple[str, ...]]:
    """(the preset, what a configuration file says over it, as `--set` takes it).

    A `UsageError` where the file has 'preset', 'families' or 'pretraining'.
    """
    if given.whole is not None or "families" in given.said or "pretraining" in given.said:
        raise UsageError(
            "--config: of a sweep it extends a preset, and has none of 'preset', 'families' and 'pretraining'"
        )
    said = flatten(without_nulls(given.said))
    said.pop("method.name", None)  # arms are named by --method
    return given.preset, as_pairs(said)


def by_arm(trials: Sequence[Trial]) -> Mapping[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.arm, []).append(trial)
    return found
