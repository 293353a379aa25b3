"""Fusion rules on a run's stored outputs: learned ones are fitted on held-out videos, never on test videos.

Test videos come in here as outputs without labels, so nothing can be fitted on them.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from backbones.base.errors import UsageError, UserError
from harness.config.fusion_rules import make
from harness.record.outputs import Stored
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Fusion, Outputs

LEAST = 10
FAILED = "failed"  # begins the reason of a rule that raised what it should not
NONE_HELD = "no held-out videos to fit it on (fit.share keeps groups of training videos from the streams)"
OTHER_AXES = (
    "reads embeddings or maps, whose axes differ from fold to fold of a cross-fitting: "
    "use fit.share, or a rule on scores or logits"
)


@dataclass(frozen=True)
class Fused:
    """What a rule predicts for the test videos, proba (N, K), and the seconds that it took."""

    proba: Tensor
    settings: dict[str, Any]
    learned: dict[str, float | str]
    fitted_on: int
    seconds: float


class HeldOut:
    """The videos that rules may be fitted on; a `UserError` where a test video is among them.

    tested: ids of the test videos. crossed: their outputs are those of several networks
    (`harness.execution.crossfit`).
    """

    def __init__(self, stored: Stored | None, tested: Sequence[str], crossed: bool = False) -> None:
        both = set(stored.ids if stored else ()) & set(tested)
        if both:
            raise UserError(f"{len(both)} test videos are among those to fit fusion rules on ({min(both)})")
        self.outputs = stored.outputs() if stored else None
        self.labels = stored.labels[stored.ok] if stored else None
        self.crossed = crossed

    def fit(self, rule: Fusion) -> int:
        """Fits the rule; how many videos that took. A `UserError` says why it cannot be."""
        if self.outputs is None or self.labels is None:
            raise UserError(NONE_HELD)
        if len(self.labels) < LEAST:
            raise UserError(f"{len(self.labels)} held-out videos; at least {LEAST} are needed")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice of scikit-learn's on convergence; the log-loss is shown
            rule.fit(self.outputs, self.labels)
        return len(self.labels)


def check_fusion(
    name: str,
    held: int,
    maps: bool,
    crossed: bool = False,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Before training: a `UsageError` where the rule a method calls its own cannot be fitted at the end.

    held: the number of held-out videos. maps: whether maps are stored. crossed: as of `HeldOut`. settings: by
    the name of the rule.
    """
    entry = FUSIONS.get(name)
    if crossed and entry.learned and _reads_features(name, make(name, (settings or {}).get(name, {}))):
        raise UsageError(f"fusion '{name}' {OTHER_AXES}")
    if entry.learned and held < LEAST:
        raise UsageError(
            f"fusion '{name}' is fitted on at least {LEAST} held-out videos and there are {held}: "
            "give a larger fit.share, or another --fusion"
        )
    if entry.maps and not maps:
        raise UsageError(f"fusion '{name}' needs maps: give test.store_maps=true, or another --fusion")


def fuse(
    test: Outputs, held: HeldOut, names: Sequence[str], settings: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Fused], dict[str, str]]:
    """(what each rule predicts for the test videos, why the others predict nothing).

    At the end of a long run one rule's error must not lose the others and the record: it becomes a reason.
    """
    fused: dict[str, Fused] = {}
    reasons: dict[str, str] = {}
    for name in names:
        try:
            fused[name] = _one(name, make(name, settings.get(name, {})), test, held)
        except UserError as error:
            reasons[name] = str(error)
        except Exception as error:
            reasons[name] = f"{FAILED}: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    return fused, reasons


def _one(name: str, rule: Fusion, test: Outputs, held: HeldOut) -> Fused:
    begun = time.monotonic()
    if held.crossed and FUSIONS.get(name).learned and _reads_features(name, rule):
        raise UserError(OTHER_AXES)
    fitted_on = held.fit(rule) if FUSIONS.get(name).learned else 0
    seconds = round(time.monotonic() - begun, 3) if fitted_on else 0.0
    proba = _checked(rule.predict_proba(test), test)
    return Fused(proba, _settings(rule), _learned(rule), fitted_on, seconds)


def _reads_features(name: str, rule: Fusion) -> bool:
    """Whether it reads what only the network that gave it can tell: class scores mean the same to all."""
    return FUSIONS.get(name).maps or _settings(rule).get("inputs") == "embedding"


def _checked(proba: Tensor, test: Outputs) -> Tensor:
    """What a rule gave, if it can be scored: (N, K), finite."""
    wanted = tuple(test.local.scores.shape)
    if tuple(proba.shape) != wanted:
        raise ValueError(f"predict_proba gives {tuple(proba.shape)}, not {wanted}")
    if not bool(proba.isfinite().all()):
        raise ValueError("predict_proba gives numbers that are not finite")
    return proba.detach().float().cpu()


def _settings(rule: Fusion) -> dict[str, Any]:
    values = rule.get_params() if hasattr(rule, "get_params") else {}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _learned(rule: Fusion) -> dict[str, float | str]:
    """What ends in an underscore and is one number or a word: weight_, stream_."""
    found = {key.rstrip("_"): _plain(value) for key, value in vars(rule).items() if key.endswith("_")}
    return {key: value for key, value in found.items() if isinstance(value, float | str)}


def _plain(value: Any) -> Any:
    """A number that a library wrapped is that number."""
    one = isinstance(value, Tensor) and value.numel() == 1
    return float(value) if one or isinstance(value, np.number) else value
