"""`harness fuse`: fusion rules again, from the stored outputs of a finished run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.errors import UsageError, UserError, suggestion

if TYPE_CHECKING:
    from harness.record.folder import RunFolder
    from harness.record.schema import Metrics, Record

EPILOG = """\b
Examples:
  harness fuse 3f2a
  harness fuse 3f2a --fusion svm --fusion concat --set svm.C=1 --set concat.inputs=scores
  harness fuse 3f2a --json
"""


@click.command(epilog=EPILOG)
@click.argument("name", metavar="RUN")
@click.option("--fusion", "rules", multiple=True, help="A rule ('harness list fusions'); all by default.")
@click.option("--set", "pairs", multiple=True, metavar="RULE.KEY=VALUE", help="Of a rule, e.g. svm.C=1.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def fuse(name: str, rules: tuple[str, ...], pairs: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Fit and score fusion rules again, or with other settings, from a run's stored outputs.

    What is not set is as in the run. Nothing is trained, and the run's record stays as it is: the videos that
    rules are fitted on, and their views, are the run's. Exit code 1 where a rule that was asked for cannot be
    fitted. RUN: its id, its beginning, or its folder.
    """
    from harness.record.folder import finished_run

    run = finished_run(out, name)
    record = run.record()
    chosen = _chosen(rules, record)
    given, own = _settings(pairs, chosen), record.config.get("fusion", {})
    settings = {rule: {**own.get(rule, {}), **given.get(rule, {})} for rule in chosen}
    metrics = _scored(run, record, chosen, settings)
    if as_json:
        kept = {"fusion", "not_fused", "oracle"}
        click.echo(json.dumps({"run": run.id, **metrics.model_dump(mode="json", include=kept)}, indent=1))
    else:
        from harness.console.console import Screen
        from harness.console.summary import show_fusions

        show_fusions(Screen(json=False).console, metrics, record.fusion, record.id)
    if lacking := [rule for rule in rules if rule in metrics.not_fused]:
        raise UserError("; ".join(f"{rule} was not fitted: {metrics.not_fused[rule]}" for rule in lacking))


def _chosen(rules: tuple[str, ...], record: Record) -> list[str]:
    """The rules that were asked for; else all."""
    from methods.fusion.catalogue import FUSIONS

    for rule in rules:
        if rule in record.metrics.fusion and FUSIONS.find(rule) is None:
            raise UsageError(f"fusion '{rule}' was a plug-in's when the run was made; give --plugin FILE.py")
    return [FUSIONS.get(rule).name for rule in rules] or FUSIONS.discover().names()


def _settings(pairs: tuple[str, ...], chosen: list[str]) -> dict[str, dict[str, Any]]:
    """`svm.C=1`, or as `harness run` takes it, `fusion.svm.C=1`, as {"svm": {"C": 1}}."""
    import yaml

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
        settings.setdefault(rule, {})[setting] = yaml.safe_load(value)
    return settings


def _scored(run: RunFolder, record: Record, rules: list[str], settings: dict[str, dict[str, Any]]) -> Metrics:
    from harness.config.fusion_rules import check_settings
    from harness.data.index import Video, from_facts
    from harness.evaluation.score import score
    from harness.record import outputs
    from results.reproduce import again

    check_settings({rule: values for rule, values in settings.items() if values})
    if not run.outputs.exists():
        raise UserError(
            f"run {run.id}'s outputs were not kept ({run.outputs} is not there); '{again(record)}' makes them"
        )
    stored = outputs.read(run.outputs)
    held = outputs.read(run.holdout_outputs) if run.holdout_outputs.exists() else None
    if run.videos.exists():
        videos = from_facts(json.loads(run.videos.read_text(encoding="utf-8"))["test"])
    else:  # a run older than this file: its groups are not known
        videos = [Video(i, Path(), int(k)) for i, k in zip(stored.ids, stored.labels, strict=True)]
    crossed = bool(record.config.get("fit", {}).get("folds"))
    return score(stored, videos, record.data.classes, held, rules, settings, crossed)
