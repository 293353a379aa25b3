"""The contract of a fusion rule as rules, checked on made-up outputs of two streams of different shapes."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from backbones.base.errors import UserError
from backbones.base.rulebook import Finding, Rulebook
from methods.fusion.contract import Fusion, Outputs, StreamOutputs

CLASSES, VIDEOS = 4, 24


def made_up(seed: int, videos: int = VIDEOS) -> tuple[Outputs, Tensor]:
    """Outputs and labels (N,): each stream is right on some videos, and certain on a few. videos: N."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(videos) % CLASSES
    hint = 2 * torch.nn.functional.one_hot(labels, CLASSES)

    def stream(wide: int, shape: tuple[int, ...]) -> StreamOutputs:
        logits = torch.randn(videos, CLASSES, generator=generator) + hint
        logits[0] *= 100  # its softmax is 0 and 1 exactly
        embedding = torch.randn(videos, wide, generator=generator)
        return StreamOutputs(
            logits.softmax(dim=1), logits, embedding, torch.randn(videos, *shape, generator=generator)
        )

    return Outputs(stream(6, (6, 2, 3, 3)), stream(5, (5, 4, 1, 1))), labels


class Subject:
    """A rule under check. make(): the rule as the harness makes it. learned: as its entry says."""

    def __init__(self, make: Callable[[], Fusion], learned: bool) -> None:
        self.make, self.learned = make, learned
        self.held_out, self.labels = made_up(0)
        self.test, _ = made_up(1)

    def fitted(self) -> Fusion:
        torch.manual_seed(0)
        rule = self.make()
        return rule.fit(self.held_out, self.labels) if self.learned else rule


BOOK: Rulebook[Subject] = Rulebook(copy.deepcopy)
RULES, rule = BOOK.rules, BOOK.rule


def check_fusion(make: Callable[[], Fusion], learned: bool) -> list[Finding]:
    """Every rule on the fusion rule that `make()` gives."""
    return BOOK.examine_all(Subject(make, learned))


def rows(outputs: Outputs, order: Tensor) -> Outputs:
    """The outputs of the videos in `order`, (N,) places."""

    def pick(stream: StreamOutputs) -> StreamOutputs:
        values: dict[str, Any] = {field.name: getattr(stream, field.name) for field in fields(stream)}
        picked: dict[str, Any] = {k: None if v is None else v[order] for k, v in values.items()}
        return type(stream)(**picked)

    return Outputs(pick(outputs.local), pick(outputs.glob))


@rule
def rows_are_probabilities(subject: Subject) -> str:
    """predict_proba gives (N, K), finite, not negative, rows that sum to 1."""
    proba = subject.fitted().predict_proba(subject.test)
    if proba.shape != (VIDEOS, CLASSES):
        return f"shape is {tuple(proba.shape)}, not {(VIDEOS, CLASSES)}"
    if not bool(proba.isfinite().all()) or bool((proba < -1e-6).any()):
        return "some are negative or not finite"
    sums = proba.double().sum(dim=1)
    worst = sums[(sums - 1).abs().argmax()]
    return f"a row sums to {worst:.4f}" if abs(worst - 1) > 1e-4 else ""


@rule
def fit_returns_the_rule(subject: Subject) -> str:
    """`fit` gives the rule itself, as scikit-learn's do."""
    made = subject.make()
    return "" if made.fit(subject.held_out, subject.labels) is made else "fit returns something else"


@rule
def what_is_learned_ends_in_an_underscore(subject: Subject) -> str:
    """`fit` sets attributes that end in "_" and no others; a rule that is not learned needs no `fit`."""
    made = subject.make()
    before = set(vars(made))
    made.fit(subject.held_out, subject.labels)
    wrong = sorted(name for name in set(vars(made)) - before if not name.endswith("_"))
    if wrong:
        return f"fit sets {', '.join(wrong)}"
    if subject.learned and set(vars(made)) == before:
        return "its entry says learned=True, but fit sets nothing"
    return ""


@rule
def fit_is_repeatable(subject: Subject) -> str:
    """Fitted twice on the same videos, also by the same object, it predicts the same."""
    made = subject.fitted()
    first = made.predict_proba(subject.test)
    if subject.learned:
        made_up_again, labels = made_up(2)
        made.fit(made_up_again, labels)
        torch.manual_seed(0)
        made.fit(subject.held_out, subject.labels)
    again = torch.allclose(first, made.predict_proba(subject.test), atol=1e-4)
    return "" if again else "the second fit predicts otherwise"


@rule
def videos_are_judged_alone(subject: Subject) -> str:
    """A video's row depends on that video only: another order or fewer videos change no row."""
    fitted = subject.fitted()
    whole = fitted.predict_proba(subject.test)
    order = torch.arange(VIDEOS).flip(0)
    if not torch.allclose(fitted.predict_proba(rows(subject.test, order)), whole[order], atol=1e-5):
        return "another order of the videos gives other rows"
    part = torch.tensor([3])
    alone = torch.allclose(fitted.predict_proba(rows(subject.test, part)), whole[part], atol=1e-5)
    return "" if alone else "a video alone gets another row"


@rule
def outputs_are_not_changed(subject: Subject) -> str:
    """Neither fit nor predict_proba changes what it is given."""
    before = copy.deepcopy((subject.held_out, subject.test))
    subject.fitted().predict_proba(subject.test)
    for old, new in zip(before, (subject.held_out, subject.test), strict=True):
        for side in ("local", "glob"):
            for field in fields(StreamOutputs):
                values = [getattr(getattr(outputs, side), field.name) for outputs in (old, new)]
                if not torch.equal(*values):
                    return f"{side}.{field.name} was changed"
    return ""


@rule
def weights_belong_to_streams(subject: Subject) -> str:
    """`weights`, where a rule has them, are (N, 2) of local and global; they sum to 1."""
    weights = subject.fitted().weights(subject.test)
    if weights is None:
        return ""
    if weights.shape != (VIDEOS, 2):
        return f"shape is {tuple(weights.shape)}, not {(VIDEOS, 2)}"
    sums = weights.sum(dim=1)
    return "" if torch.allclose(sums, torch.ones(VIDEOS), atol=1e-4) else f"a row sums to {sums[0]:.4f}"


@rule
def maps_may_be_missing(subject: Subject) -> str:
    """Runs that stored no maps can be fused, or a UserError says that maps are needed."""

    def bare(outputs: Outputs) -> Outputs:
        sides = (outputs.local, outputs.glob)
        return Outputs(*(StreamOutputs(side.scores, side.logits, side.embedding) for side in sides))

    subject.held_out, subject.test = bare(subject.held_out), bare(subject.test)
    with contextlib.suppress(UserError):
        subject.fitted().predict_proba(subject.test)
    return ""
