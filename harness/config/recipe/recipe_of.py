"""A command as a small graph of configurations: what is pre-trained first, and the run itself. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backbones.base.errors import UsageError
from backbones.base.streams import StreamName
from harness.config.base.base import Base, base_of
from harness.config.preset_files import merge
from harness.config.recipe.pretraining import PreTraining, begun_from, pretrainings
from harness.config.resolve import Tree, parse_settings, resolve, with_scenes
from harness.config.schema import Config
from harness.data.registry import DATASETS


class NothingBefore(UsageError):
    """What was said of a pre-training, and there is none."""


@dataclass(frozen=True)
class Recipe:
    """before: the runs whose weights the run starts from; none from scratch. joint: the run without them."""

    before: tuple[PreTraining, ...]
    joint: Config

    def with_weights(self, runs: Mapping[StreamName, str] | None = None) -> Config:
        """The run with the weights of its pre-trainings. runs: their ids by stream; None where unknown."""
        names = [name for before in self.before for name in before.streams]
        return begun_from(self.joint, {name: f"run:{(runs or {}).get(name, '')}" for name in names})


def recipe_of(
    base: str | Base,
    flags: Tree,
    pairs: Iterable[str],
    *,
    pretrain: str | None = None,
    pair: int | None = None,
    from_scratch: bool = False,
) -> Recipe:
    """What `harness run` with these options carries out.

    base: as of `resolve`; a whole configuration says itself what its streams start from. pretrain: of which
    stream ("both": of each) the pre-training itself is asked for. pair: the seed of the pre-training, by
    default that of the run.
    A `NothingBefore` where `pair` or `pretraining.…` is given and nothing is pre-trained.
    """
    base, pairs = base_of(base), tuple(pairs)
    config = resolve(base, flags, pairs, pretrain)
    over = parse_settings(pairs).get("pretraining")
    if pretrain or from_scratch:
        _check_alone(pretrain, pair, over)
        return Recipe((), config)
    over = merge(base.pretraining, over or {})
    if pair is not None and "seed" not in parse_settings(pairs).get("data", {}).get("settings", {}):
        config = with_scenes(config, pair) if DATASETS.get(config.data.dataset).drawn else config
    with base.naming_rows():
        before = () if base.whole is not None else tuple(pretrainings(config, pair, over))
    if not before and (pair is not None or over):
        raise NothingBefore(
            f"--pair and --set pretraining.… have no effect: of preset {base.preset} nothing is pre-trained "
            "here"
        )
    return Recipe(before, config)


def _check_alone(pretrain: str | None, pair: int | None, over: Tree | None) -> None:
    if pair is not None or over:
        other = f"--pretrain {pretrain}" if pretrain else "--from-scratch"
        what = "--pair" if pair is not None else "--set pretraining.…"
        raise UsageError(f"{what} and {other} exclude each other: nothing is pre-trained before this run")
