"""Trials drawn from a space by Optuna's tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011).

Each trial depends on the seed, its number and the arm's earlier trials alone: a sweep that goes on after a
stop proposes what it would have proposed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from backbones.base.errors import UserError
from harness.campaign.sweep.space import Dimension, Space
from harness.campaign.sweep.trial import Trial
from harness.data.clips.sample import seed_of


def check_optuna() -> None:
    """A `UserError` where the package is absent."""
    if importlib.util.find_spec("optuna") is None:
        raise UserError(
            '--space needs the package optuna: pip install "mbd-harness[optuna]"; --grid does without'
        )


class Parzen:
    """trials: of each arm. seed: of all draws; arms with one space begin with the same draws."""

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space, self.trials, self.seed = space, trials, seed
        self.how = f"TPE of Optuna {optuna.__version__}, seed {seed}"

    def rounds(self) -> list[range]:
        """One after the other, each of all arms: a trial depends on those before it."""
        return [range(number, number + 1) for number in range(1, self.trials + 1)]

    def propose(self, arm: str, number: int, earlier: Sequence[Trial]) -> dict[str, Any]:
        """The settings of trial `number`. earlier: of the same arm; a failed one counts as such."""
        import optuna

        space = self.space.of[arm]
        sampler = optuna.samplers.TPESampler(seed=seed_of("sweep", self.seed, number) % 2**32)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        distributions = {key: _distribution(each) for key, each in space.items()}
        for trial in earlier:
            study.add_trial(_told(trial, space, distributions))
        drawn = study.ask(distributions).params
        return {key: each.setting(drawn[key]) for key, each in space.items()}

    def plain(self) -> dict[str, Any]:
        return self.space.plain()


def _distribution(dimension: Dimension) -> Any:
    import optuna.distributions as kinds

    if dimension.choice is not None:
        return kinds.CategoricalDistribution(range(len(dimension.choice)))
    low, high = dimension.ends
    if dimension.whole:
        return kinds.IntDistribution(int(low), int(high), log=dimension.log)
    return kinds.FloatDistribution(low, high, log=dimension.log)


def _told(trial: Trial, space: Mapping[str, Dimension], distributions: Mapping[str, Any]) -> Any:
    import optuna

    states = optuna.trial.TrialState
    return optuna.trial.create_trial(
        state=states.FAIL if trial.value is None else states.COMPLETE,
        value=trial.value,
        params={key: each.drawn(trial.settings[key]) for key, each in space.items()},
        distributions=dict(distributions),
    )
