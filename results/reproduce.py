"""The command that makes a run again. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.config.command import RunCommand, placeholder_root, recorded_files
from harness.config.difference import as_pairs, has_recipe, is_drawn, overrides, without_pair
from harness.config.preset_files import preset, preset_names
from harness.config.schema import Config
from harness.data.registry import setting_defaults
from harness.record.schema import Record


def command(record: Record, restart: bool = False) -> str:
    """`harness run …` that resolves to the record's configuration, from its preset as it is today.

    What the machine resolved is given, too, since another machine may resolve it otherwise.
    """
    config, pair = Config.model_validate(record.config), record.starts_from.pair
    started = pair is not None and has_recipe(config)
    settings = without_pair(overrides(config), config) if started else overrides(config)
    of_pair = pair if started else None
    settings = _with_scenes(settings, config, of_pair.seed if of_pair else config.seed)
    return RunCommand(
        method=config.method.name,
        fusion=config.method.fusion,
        preset=config.preset,
        dataset=config.data.dataset,
        split=config.data.split,
        data_root=placeholder_root(config.data.dataset),
        seed=config.seed,
        precision=precision(record),
        plugins=recorded_files(each.source for each in record.plugins),
        pairs=as_pairs({**settings, **(of_pair.settings if of_pair else {})}),
        pair=of_pair.seed if of_pair and of_pair.seed != config.seed else None,
        from_scratch=is_from_scratch(record),
        restart=restart,
        processes=record.environment.get("processes", 1),
    ).line()


def _with_scenes(settings: Mapping[str, Any], config: Config, seed: int) -> dict[str, Any]:
    """Flat settings with the seed of drawn videos where it is not the one that a recipe gives them."""
    rest = {key: value for key, value in settings.items() if key != "data.seed"}
    known = config.preset in preset_names() and "pretraining" in preset(config.preset)
    if not known or not is_drawn(config.data.dataset):
        return dict(settings)
    drawn = {**setting_defaults(config.data.dataset), **config.data.settings}["seed"]
    return rest if drawn == seed else rest | {"data.seed": drawn}


def is_from_scratch(record: Record) -> bool:
    """Whether its preset's recipe would have pre-trained a stream, and `--from-scratch` left that out."""
    config = Config.model_validate(record.config)
    return (
        record.starts_from.pair is None
        and has_recipe(config)
        and any(each.weights is None for each in config.streams().values())
    )


def again(record: Record) -> str:
    """What makes the run again where it is there, but not all of its files."""
    return command(record, restart=True)


def precision(record: Record) -> str:
    """What was resolved on the machine, where another may resolve otherwise."""
    return record.resolved.get("precision", "auto")
