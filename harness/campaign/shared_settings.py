"""What all runs of a campaign share, and which of it concerns a method. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backbones.base.streams import LOCAL, STREAMS
from harness.config.difference import as_pairs, shared_overrides
from harness.config.resolve import TWIN
from harness.config.schema import Config
from harness.record.schema import Record
from methods.catalogue import uses_own_networks


@dataclass(frozen=True)
class Base:
    """The settings that the runs of a campaign share. pairs: as `--set` takes them."""

    preset: str
    pairs: tuple[str, ...] = ()


def base_of(record: Record) -> Base:
    """What a record's run shares with others of its protocol, the precision that it resolved included."""
    config = Config.model_validate(record.config)
    precision = record.resolved.get("precision") or config.precision
    pairs = (*shared_overrides(config), *recipe_pairs(record), f"precision={precision}")
    return Base(config.preset, pairs)


def recipe_pairs(record: Record) -> tuple[str, ...]:
    """What the pre-training that the record's run starts from was told, as `--set` takes it."""
    pair = record.starts_from.pair
    return as_pairs(pair.settings) if pair else ()


def pairs_for(method: str, pairs: Iterable[str]) -> tuple[str, ...]:
    """Of a campaign's settings those that concern the method.

    One that uses its own networks takes clips, width and rates from what is set for the local stream, and
    nothing that is set for the networks of others.
    """
    own = uses_own_networks(method)
    return tuple(pair for pair in pairs if not own or holds_for_own_networks(pair.partition("=")[0]))


def holds_for_own_networks(key: str) -> bool:
    """Whether a setting concerns a method that uses its own networks (`MethodEntry.twins`)."""
    stream, _, what = key.partition(".")
    if stream in STREAMS:
        return stream == LOCAL and (what in TWIN or what.startswith("flow."))
    return key != "test.global_clips"
