"""`harness fuse`: fits and scores fusion rules from the stored outputs of a finished run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.errors import UsageError, UserError, suggestion
from harness.cli.options import FUSIONS, json_option, run_folder_option, set_option

if TYPE_CHECKING:
    from harness.data.index import Video
    from harness.record.folder import RunFolder
    from harness.record.outputs import Stored
    from harness.record.schema import Metrics, Record

EPILOG = """\b
Examples:
  harness fuse 3f2a
  harness fuse 3f2a --fusion svm --fusion concat --set svm.C=1 --set concat.inputs=scores
  harness fuse 3f2a --json
"""


@dataclass(frozen=True)
class FuseOptions:
    """What `harness fuse` was given. name: of the run. rules: none is all. out: folder of runs."""

    name: str
    rules: tuple[str, ...]
    pairs: tuple[str, ...]
    out: Path
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("name", metavar="RUN")
@click.option(
    "--fusion",
    "rules",
    multiple=True,
    shell_complete=FUSIONS,
    help="A fusion rule ('harness list fusions') [default: all]. May be repeated.",
)
@set_option("A setting of a rule, e.g. svm.C=1.", "RULE.KEY=VALUE")
@run_folder_option()
@json_option()
def fuse(**given: Any) -> None:
    """Fit and score fusion rules from a run's stored outputs, again or with other settings.

    What is not set is as in the run. Nothing is trained and the run's record is not changed: rules are fitted
    on the run's own held-out videos and views. Exit code 1 if a rule given with --fusion cannot be fitted.
    RUN is an id, the beginning of an id, or a run's folder.
    """
    from harness.record.folder import finished_run

    options = FuseOptions(**given)
    run = finished_run(options.out, options.name)
    record = run.record()
    chosen = _chosen(options.rules, record)
    given_settings, own = _settings(options.pairs, chosen), record.config.get("fusion", {})
    settings = {rule: {**own.get(rule, {}), **given_settings.get(rule, {})} for rule in chosen}
    metrics = _scored(run, record, settings)
    _show(metrics, record, options.as_json)
    if lacking := [rule for rule in options.rules if rule in metrics.not_fused]:
        raise UserError("; ".join(f"{rule} was not fitted: {metrics.not_fused[rule]}" for rule in lacking))


def _show(metrics: Metrics, record: Record, as_json: bool) -> None:
    if as_json:
        kept = {"fusion", "not_fused", "oracle"}
        click.echo(json.dumps({"run": record.id, **metrics.model_dump(mode="json", include=kept)}, indent=1))
    else:
        from harness.console.console import RunConsole
        from harness.console.summary import show_fusions, videos_of

        show_fusions(
            RunConsole(json=False).rich,
            metrics,
            record.fusion,
            f"{videos_of(record)}, measured, run {record.id}",
        )


def _chosen(rules: tuple[str, ...], record: Record) -> list[str]:
    """The rules that were asked for; else all."""
    from methods.fusion.catalogue import FUSIONS

    for rule in rules:
        if rule in record.metrics.fusion and FUSIONS.find(rule) is None:
            raise UsageError(f"fusion '{rule}' was a plug-in's when the run was made; give --plugin FILE.py")
    return [FUSIONS.get(rule).name for rule in rules] or FUSIONS.discover().names()


def _settings(pairs: tuple[str, ...], chosen: list[str]) -> dict[str, dict[str, Any]]:
    """`svm.C=1`, or as `harness run` takes it, `fusion.svm.C=1`, as {"svm": {"C": 1}}."""
    from harness.config.typed.set_value import read_value
    from methods.fusion.catalogue import FUSIONS

    settings: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        rule, dot, setting = key.removeprefix("fusion.").partition(".")
        if not (equals and dot and setting):
            raise click.UsageError(f"--set {pair}: expected RULE.KEY=VALUE, for example svm.C=1")
        if rule not in chosen:
            hint = f"; add --fusion {rule}" if FUSIONS.find(rule) else suggestion(rule, chosen)
            asked = f"'{rule}' is not among the rules that are fitted here ({', '.join(chosen)})"
            raise click.UsageError(f"--set {pair}: {asked}{hint}")
        settings.setdefault(rule, {})[setting] = read_value(pair, value)
    return settings


def _scored(run: RunFolder, record: Record, settings: dict[str, dict[str, Any]]) -> Metrics:
    """The scores of each rule in `settings`, fitted with its settings."""
    from harness.config.fusion_rules import check_settings
    from harness.evaluation.score import score
    from harness.record.stored.reading import held_outputs, scored_outputs
    from methods.fusion.catalogue import FUSIONS
    from results.reproduce import again

    check_settings({rule: values for rule, values in settings.items() if values})
    if run.kept_in(run.outputs):
        raise UserError(f"run {run.id}'s outputs are not here{run.how_to_fetch(run.outputs)}")
    if not run.outputs.exists():
        raise UserError(
            f"run {run.id}'s outputs were not kept ({run.outputs} does not exist); "
            f"'{again(record)}' makes them again"
        )
    stored = scored_outputs(run, record)
    held = held_outputs(run, record) if any(FUSIONS.get(rule).learned for rule in settings) else None
    crossed = bool(record.config.get("fit", {}).get("folds"))
    videos = _test_videos(run, record, stored)
    return score(
        stored,
        videos,
        record.data.classes,
        held,
        list(settings),
        settings,
        crossed,
        record.data.apart,
        record.metrics.local.k,
    )


def _test_videos(run: RunFolder, record: Record, stored: Stored) -> list[Video]:
    from harness.data.index import Video
    from harness.record.stored.videos import tested_videos

    if (videos := tested_videos(run, record)) is not None:
        return _same_videos(run, videos, stored)
    # Of an older run groups are not known.
    return [Video(i, Path(), int(k)) for i, k in zip(stored.ids, stored.labels, strict=True)]


def _same_videos(run: RunFolder, videos: list[Video], stored: Stored) -> list[Video]:
    """The videos, which are those of the stored outputs, in their order."""
    if [video.id for video in videos] != stored.ids:
        raise UserError(f"{run.videos} lists other videos than {run.outputs}: one of them is of another run")
    if [video.label for video in videos] != stored.labels.tolist():
        raise UserError(
            f"{run.videos} gives its videos other labels than {run.outputs}: one of them was changed"
        )
    return videos
