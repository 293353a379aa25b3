"""The rules of methods find what they are for: each broken method here breaks one rule."""

import itertools
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from backbones.base.registry import load
from methods import check
from methods.catalogue import METHODS
from methods.two_stream import TwoStream


def with_term(name, term):
    """Two streams with one loss more."""

    class Broken(TwoStream):
        def losses(self, local, glob, labels):
            terms, stats = super().losses(local, glob, labels)
            return terms | {name: term(local, glob, labels)}, stats

    return Broken


class Loose:
    kl = 1


@dataclass(frozen=True)
class Tuples:
    stages: tuple = ("a", "b")  # JSON gives a list


@dataclass(frozen=True)
class Mistyped:
    temperature: float = "hot"  # type: ignore[assignment]


class Hot(TwoStream):
    Settings = Mistyped


class Unfrozen(TwoStream):
    Settings = Loose


class Forgetful(TwoStream):
    Settings = Tuples


class Idle(TwoStream):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.unused = nn.Linear(2, 2)


class Hidden(TwoStream):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.scale = torch.rand(())

    def losses(self, local, glob, labels):
        terms, stats = super().losses(local, glob, labels)
        return {name: value * self.scale for name, value in terms.items()}, stats


class NeedsBoth(TwoStream):
    def features(self, clips, train):
        return super().features({name: clips[name] for name in ("local", "global")}, train)


class Frozen(TwoStream):
    frozen = ("global",)


class OneFrozen(Frozen):
    """As the contract has it: its class says what is frozen, and no more."""

    def losses(self, local, glob, labels):
        terms, stats = super().losses(local, glob, labels)
        return {"local/ce": terms["local/ce"]}, stats


class Thawed(Frozen):
    """Its frozen stream learns all the same."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.freeze = lambda: None

    def gradients_of(self, name):
        return torch.enable_grad()


class Recorded(OneFrozen):
    def gradients_of(self, name):
        return torch.enable_grad()


class InTraining(OneFrozen):
    def train(self, mode=True):
        return nn.Module.train(self, mode)


class Requires(OneFrozen):
    def train(self, mode=True):
        super().train(mode)
        self.glob.requires_grad_(True)
        return self


class AllUpdated(OneFrozen):
    def optimizers(self, build):
        return [build(self.parameters())]


class Drifts(OneFrozen):
    def losses(self, local, glob, labels):
        self.glob.norm.running_mean.add_(1.0)
        return super().losses(local, glob, labels)


class WarmsUp(TwoStream):
    """Its term has no weight until half of the run is over, and then reaches into its teacher."""

    weight = 0.0

    def begin(self, step, steps, per_epoch):
        self.weight = float(2 * step >= steps)

    def losses(self, local, glob, labels):
        terms, stats = super().losses(local, glob, labels)
        return terms | {"local/mse": self.weight * F.mse_loss(local.logits, glob.logits)}, stats


class Alternates(TwoStream):
    """One stream learns in even epochs, the other in odd ones."""

    learns = ("local", "global")

    def begin(self, step, steps, per_epoch):
        self.learns = (("local", "global")[step // per_epoch % 2],)

    def losses(self, local, glob, labels):
        terms, stats = super().losses(local, glob, labels)
        return {f"{name}/ce": terms[f"{name}/ce"] for name in self.learns}, stats


class Uncounted(TwoStream):
    def losses(self, local, glob, labels):
        return super().losses(local, glob, labels)[0], {"weight": 0.5}


BROKEN_METHODS = [
    (Unfrozen, "settings_round_trip"),
    (Forgetful, "settings_round_trip"),
    (Hot, "settings_round_trip"),
    (with_term("kl", lambda one, two, _: one.logits.sum()), "losses_are_named_after_a_stream"),
    (with_term("local/p", lambda one, *_: one.logits.softmax(1).log().sum()), "losses_are_finite_scalars"),
    (with_term("local/each", lambda one, two, _: one.logits.sum(1)), "losses_are_finite_scalars"),
    (Idle, "every_parameter_learns"),
    (with_term("local/mse", lambda one, two, _: F.mse_loss(one.logits, two.logits)), "teachers_are_detached"),
    (Thawed, "teachers_are_detached"),
    (WarmsUp, "teachers_are_detached"),
    (Alternates, "every_parameter_learns"),
    (
        with_term("local/ce", lambda one, _, labels: F.cross_entropy(one.logits, labels)),
        "label_smoothing_is_heard",
    ),
    (Frozen, "frozen_streams_stay_as_they_are"),
    (Recorded, "frozen_streams_stay_as_they_are"),
    (InTraining, "frozen_streams_stay_as_they_are"),
    (Requires, "frozen_streams_stay_as_they_are"),
    (AllUpdated, "frozen_streams_stay_as_they_are"),
    (Drifts, "frozen_streams_stay_as_they_are"),
    (with_term("local/x", lambda one, two, _: torch.tensor(next(COUNT))), "a_step_is_repeatable"),
    (with_term("local/std", lambda one, two, _: one.logits.std(0).sum()), "a_batch_of_one_works"),
    (Hidden, "state_dict_is_complete"),
    (NeedsBoth, "each_stream_is_evaluated_alone"),
    (Uncounted, "statistics_are_numbers"),
]  # fmt: skip
COUNT = itertools.count(0.0)


@pytest.mark.parametrize(
    ("broken", "rule"), BROKEN_METHODS, ids=lambda value: getattr(value, "__name__", value)
)
def test_each_rule_finds_its_fault(broken, rule):
    finding = check.BOOK.examine(rule, check.Subject(broken))
    assert not finding.holds
    assert finding.detail


def test_a_fault_that_shows_only_after_a_warm_up_says_when():
    finding = check.BOOK.examine("teachers_are_detached", check.Subject(WarmsUp))
    assert finding.detail == (
        "'local/mse' sends a gradient into the global stream: detach, or declare joint_terms "
        "(after begin(step=100000, steps=200000, per_epoch=1000))"
    )


def test_an_error_of_begin_is_a_finding_that_says_when():
    class Late(TwoStream):
        def begin(self, step, steps, per_epoch):
            if step:
                raise ValueError("too late")

    finding = check.BOOK.examine("a_batch_of_one_works", check.Subject(Late))
    assert finding.detail == "ValueError: too late (after begin(step=100000, steps=200000, per_epoch=1000))"


def test_phases_in_which_a_stream_is_idle_are_declared():
    idle = type("Idle", (Alternates,), {"sometimes_idle": True})
    assert [finding for finding in check.check_method(idle) if not finding.holds] == []


def test_losses_that_give_no_pair_are_named():
    class Alone(TwoStream):
        def losses(self, local, glob, labels):
            return super().losses(local, glob, labels)[0]

    finding = check.BOOK.examine("losses_are_named_after_a_stream", check.Subject(Alone))
    assert finding.detail == "TypeError: Alone.losses gave dict; expected ({name: loss}, {name: statistic})"
    hot = check.BOOK.examine("settings_round_trip", check.Subject(Hot))
    assert hot.detail.startswith("the default temperature = 'hot': ")


@pytest.mark.parametrize(
    ("example", "wrong", "right", "words"),
    [
        ("one_way", "def losses", "def loses", "abstract class OneWay"),
        ("one_way", ":OneWay", ":TwoWay", "has no attribute 'TwoWay'"),
        ("product", "def predict_proba", "def predict", "abstract class Product"),
        ("tiny3d", "def head", "def hat", "abstract class Tiny3D"),
    ],
)
def test_what_cannot_be_made_is_one_finding(example, wrong, right, words, tmp_path):
    from support.plugin_files import EXAMPLES, loaded

    from harness.execution.check_entry import On, check_entry

    path = tmp_path / "mine.py"
    path.write_text((EXAMPLES / f"{example}.py").read_text().replace(wrong, right))
    with loaded(path) as plugin:
        (finding,) = check_entry(*plugin.added[0], On({})).findings
    assert finding.rule == "it_is_built"
    assert words in finding.detail


def test_terms_that_train_both_streams_on_purpose_are_declared():
    term = with_term("local/mse", lambda one, two, _: F.mse_loss(one.logits, two.logits))
    for declared, holds in ((("local/mse",), True), (("*",), True), (("global/*",), False)):
        both = type("Both", (term,), {"joint_terms": declared})
        assert check.BOOK.examine("teachers_are_detached", check.Subject(both)).holds is holds
    frozen = type("FrozenBoth", (Thawed,), {"joint_terms": ("*",)})
    assert not check.BOOK.examine("teachers_are_detached", check.Subject(frozen)).holds


def frozen_fault(method_class):
    return check.BOOK.examine("frozen_streams_stay_as_they_are", check.Subject(method_class)).detail


def test_a_method_that_only_says_what_is_frozen_keeps_it_frozen():
    assert [finding for finding in check.check_method(OneFrozen) if not finding.holds] == []


def test_the_fault_of_a_stream_that_is_not_frozen_is_named():
    assert frozen_fault(InTraining) == "the frozen global stream is in training mode"
    changed = "a training step changes the frozen global stream: streams.global.norm.running_mean"
    assert frozen_fault(Drifts) == changed
    assert frozen_fault(Requires) == "parameters of the frozen global stream require a gradient"
    assert frozen_fault(AllUpdated) == "an optimizer holds parameters of the frozen global stream"
    assert frozen_fault(Recorded) == "the forward pass of the frozen global stream records gradients"
    assert frozen_fault(Frozen) == "'global/ce' trains nothing: the global stream is frozen"


@pytest.mark.parametrize("name", ["unidirectional", "genkd", "kd"])
def test_the_harness_s_teachers_are_frozen(name):
    """Also where a setting makes the teacher frozen, which `check_method` does not try."""
    method_class = load(METHODS.get(name).target)
    settings = method_class.Settings(**({"frozen": True} if name == "unidirectional" else {}))
    findings = check.check_method(method_class, settings)
    assert [finding for finding in findings if not finding.holds] == []


def test_every_rule_of_methods_is_tried():
    assert {rule for _, rule in BROKEN_METHODS} == set(check.RULES)


@pytest.mark.parametrize("name", METHODS.names())
def test_the_harness_s_methods_keep_the_contract(name):
    findings = check.check_method(load(METHODS.get(name).target))
    assert [finding for finding in findings if not finding.holds] == []
