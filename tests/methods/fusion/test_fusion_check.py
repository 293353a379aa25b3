"""The rules of fusion rules find what they are for: each broken one here breaks one rule."""

from functools import partial

import pytest
import torch

from backbones.base.registry import load
from methods.fusion import check
from methods.fusion.average import Average
from methods.fusion.catalogue import FUSIONS


def fusion(**methods):
    return type("Broken", (Average,), methods)


def other(self, outputs, labels):
    return Average()


def sets(name):
    def fit(self, outputs, labels):
        setattr(self, name, labels)
        return self

    return fit


def adds_up(self, outputs, labels):
    self.seen_ = getattr(self, "seen_", 0) + 1
    return self


def by_seen(self, outputs):
    scores = Average().predict_proba(outputs)
    return (scores ** (1 + self.seen_)) / (scores ** (1 + self.seen_)).sum(1, keepdim=True)


def by_batch(self, outputs):
    scores = outputs.local.scores * outputs.glob.scores.mean(dim=0)
    return scores / scores.sum(dim=1, keepdim=True)


def in_place(self, outputs):
    return outputs.local.scores.add_(outputs.glob.scores).div_(2)


def needs_maps(self, outputs):
    return Average.predict_proba(self, outputs) + 0 * outputs.local.map.mean()


BROKEN_FUSIONS = [
    (fusion(predict_proba=lambda self, o: o.local.scores + o.glob.scores), False, "rows_are_probabilities"),
    (fusion(predict_proba=lambda self, o: o.local.logits), False, "rows_are_probabilities"),
    (fusion(predict_proba=lambda self, o: o.local.scores[:, :2]), False, "rows_are_probabilities"),
    (fusion(fit=other), False, "fit_returns_the_rule"),
    (fusion(fit=sets("labels")), True, "what_is_learned_ends_in_an_underscore"),
    (Average, True, "what_is_learned_ends_in_an_underscore"),
    (fusion(fit=adds_up, predict_proba=by_seen), True, "fit_is_repeatable"),
    (fusion(predict_proba=by_batch), False, "videos_are_judged_alone"),
    (fusion(predict_proba=in_place), False, "outputs_are_not_changed"),
    (fusion(weights=lambda self, o: torch.ones(len(o.local.scores), 2)), False, "weights_belong_to_streams"),
    (fusion(weights=lambda self, o: torch.ones(2)), False, "weights_belong_to_streams"),
    (fusion(predict_proba=needs_maps), False, "maps_may_be_missing"),
]


@pytest.mark.parametrize(("broken", "learned", "rule"), BROKEN_FUSIONS)
def test_each_rule_of_fusions_finds_its_fault(broken, learned, rule):
    finding = check.BOOK.examine(rule, check.Subject(broken, learned))
    assert not finding.holds
    assert finding.detail


def test_every_rule_of_fusions_is_tried():
    assert {rule for *_, rule in BROKEN_FUSIONS} == set(check.RULES)


SHORT = {"conv3d": {"steps": 5}}  # a contract is kept after few steps, or not at all


@pytest.mark.parametrize("name", FUSIONS.names())
def test_the_harness_s_fusions_keep_the_contract(name):
    entry = FUSIONS.get(name)
    findings = check.check_fusion(partial(load(entry.target), **SHORT.get(name, {})), entry.learned)
    assert [finding for finding in findings if not finding.holds] == []
