"""What `harness sweep` was given, and which settings its missing options are. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harness.config.base.base import Base

# Options of `harness run` that set something: here, what `--set` calls it.
OF_RUN = {
    "--fusion": "method.fusion=NAME",
    "--fit-views": "fit.views=N",
    "--precision": "precision=NAME",
    "--compile": "compile=true",
}


class NamesSettings(click.Command):
    """Answers an option that only `harness run` has with the setting that it is."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As of any command; a `UsageError` names the setting."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if setting := OF_RUN.get(error.option_name):
                said = f"{error.option_name} is an option of 'harness run'; here it is --set {setting}"
                raise click.UsageError(said, ctx) from None
            raise


@dataclass(frozen=True)
class SweepOptions:
    """What `harness sweep` was given. methods: arms, as typed. base: a preset or a file over one. pairs: of
    --set, for all runs. local, glob: backbones. roots: folders of data sets. retry: failed trials, too."""

    methods: tuple[str, ...]
    grid: tuple[str, ...]
    trials: int | None
    space: Path | None
    metric: str
    local: str | None
    glob: str | None
    dataset: str | None
    data_root: tuple[str, ...]
    split: str | None
    weights_local: str | None
    weights_global: str | None
    base: Base
    seed: int | None
    epochs: int | None
    batch_size: int | None
    micro_batch: int | None
    lr: float | None
    pairs: tuple[str, ...]
    device: str
    workers: int | None
    jobs: int | None
    per_gpu: int | None
    memory: float | None
    engine: str
    engine_set: tuple[str, ...]
    store: str | None
    out: Path
    retry: bool
    dry_run: bool
    as_json: bool

    def settings(self) -> dict[str, Any]:
        """What options name, as `--set` calls it; None is not given."""
        return {
            "local.backbone": self.local,
            "global.backbone": self.glob,
            "local.weights": self.weights_local or None,
            "global.weights": self.weights_global or None,
            "train.epochs": self.epochs,
            "train.batch_size": self.batch_size,
            "train.micro_batch": self.micro_batch,
            "train.lr": self.lr,
        }
