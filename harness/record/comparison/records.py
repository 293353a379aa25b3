"""Two records: their configurations, what they were made on, how they came out. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.record.comparison.trees import Differing, differing
from harness.record.schema import RunRecord, Share

# What is measured or noted beside the result, and is another number every time.
BESIDE = (
    *("finished", "timings", "environment", "code", "harness_version", "study", "determinism"),
    *("cost", "*.fit_s", "data.content_sha256", "files", "seal"),
)


@dataclass(frozen=True)
class Comparison:
    """Of two records. outcome: accuracies, and how many other numbers of the result differ."""

    configuration: list[Differing]
    environment: list[Differing]
    outcome: list[Differing]

    def plain(self) -> dict[str, list[dict[str, Any]]]:
        return {name: [vars(each) for each in found] for name, found in vars(self).items()}


def compare_records(first: RunRecord, second: RunRecord) -> Comparison:
    """What two finished runs differ in: configuration, environment, outcome."""
    return Comparison(
        configuration=list(differing(_asked(first), _asked(second))),
        environment=environments(first, second),
        outcome=_outcome(first, second),
    )


def environments(first: RunRecord, second: RunRecord) -> list[Differing]:
    """What a difference of two runs of one configuration may come from."""
    return list(differing(_made_on(first), _made_on(second)))


def results(record: RunRecord) -> dict[str, Any]:
    """All that a second run of the same configuration should have too."""
    return record.model_dump(mode="json", exclude={"id", "config"})


def _asked(record: RunRecord) -> dict[str, Any]:
    return {**record.config, "data.fingerprint": record.data.fingerprint, "plug-ins": _plugins(record)}


def _plugins(record: RunRecord) -> dict[str, str]:
    return {plugin.name: plugin.sha256 for plugin in record.plugins}


def _made_on(record: RunRecord) -> dict[str, Any]:
    """The environment, and the code with how it was told to compute."""
    code = {"harness": record.harness_version, "commit": record.code.commit, "dirty": record.code.dirty}
    asked = {"determinism": record.determinism, "resolved": record.resolved}
    contents = {"contents of the videos": record.data.content_sha256}
    return {**record.environment, **code, **asked, **contents}


def _outcome(first: RunRecord, second: RunRecord) -> list[Differing]:
    shown = list(differing(_accuracies(first), _accuracies(second)))
    others = sum(1 for _ in differing(results(first), results(second), BESIDE))
    return shown + ([Differing("fields that differ in all", 0, others)] if others else [])


def _accuracies(record: RunRecord) -> dict[str, str]:
    metrics = record.metrics or record.validation
    if metrics is None:
        return {}
    found = {"local.top1": metrics.local.top1, "global.top1": metrics.glob.top1}
    found |= {f"{name}.top1": scores.top1 for name, scores in metrics.fusion.items()}
    return {name: _text(share) for name, share in found.items()}


def _text(share: Share) -> str:
    return f"{share.percent:.2f} % ({share.correct} of {share.of})"
