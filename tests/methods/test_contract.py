"""What a method promises the trainer: terms and logits of a step, what it declares, zeros for no stream."""

from functools import partial

import pytest
import torch
from support.two_stage import TwoStage, clips
from torch import nn

from backbones.base.errors import UsageError
from backbones.base.registry import load
from backbones.contract import Features
from methods.catalogue import METHODS
from methods.contract import Method, Step, in_turn
from methods.single import Single
from methods.two_stream import TwoStream

LABELS = torch.tensor([0, 1, 2, 0])
BOTH_SEE_SAME_CLIP = {"genkd", "kd", "mars"}
TEACHER_HELD = dict.fromkeys(("genkd", "kd", "mars"), ("local",))
NOT_RUN = {"single": ("global",), "genkd_teacher": ("global",)}
IDLE_IN_SOME_STEPS = {"genkd", "genkd_teacher"}


def make(name, **settings):
    torch.manual_seed(0)
    cls = load(METHODS.get(name).target)
    return cls(TwoStage(4), TwoStage(6), cls.Settings(**settings))


@pytest.mark.parametrize("name", METHODS.discover().names())
def test_what_each_method_declares(name):
    method = make(name)
    assert method.same_clip is (name in BOTH_SEE_SAME_CLIP)
    assert tuple(method.frozen) == TEACHER_HELD.get(name, ())
    assert tuple(method.unused) == NOT_RUN.get(name, ())
    assert method.sometimes_idle is (name in IDLE_IN_SOME_STEPS)
    assert method.joint is (name == "stddcn")
    assert tuple(method.joint_terms) == (("*",) if name == "stddcn" else ())


def test_what_settings_change_of_it():
    assert make("genkd", alternation="step").sometimes_idle is False
    assert make("stddcn", dense=False).joint is False
    assert tuple(make("stddcn", dense=False).joint_terms) == ()
    assert make("single", stream="global").unused == ("local",)
    assert make("genkd_teacher", stream="global").unused == ("local",)
    assert make("unidirectional", frozen=True).frozen == ("global",)
    assert make("unidirectional", frozen=True, teacher="local").frozen == ("local",)


def test_a_method_by_itself_declares_nothing():
    assert (Method.same_clip, Method.sometimes_idle, Method.joint) == (False, False, False)
    assert (Method.frozen, Method.unused, Method.joint_terms) == ((), (), ())
    with pytest.raises(TypeError, match="abstract"):
        Method(TwoStage(4), TwoStage(6), None)


def test_calls_in_turn():
    seen = []
    calls = {name: lambda name=name: seen.append(name) or name.upper() for name in ("b", "a")}
    assert in_turn(calls) == {"b": "B", "a": "A"}
    assert seen == ["b", "a"]


class Shown(TwoStream):
    """Gives a statistic with a gradient, and asks for one pooled stage."""

    def wanted(self):
        return {"local": ("second",), "global": ()}

    def losses(self, local, glob, labels):
        self.seen = local, glob
        terms, _ = super().losses(local, glob, labels)
        return terms, {"mean": local.logits.mean()}


def shown(stream=TwoStage):
    torch.manual_seed(0)
    return Shown(stream(4), stream(6), None)


def test_a_training_step_gives_terms_with_and_logits_without_gradient():
    method = shown()
    step = method(clips(4), LABELS)
    assert set(step.losses) == {"local/ce", "global/ce"}
    assert all(term.requires_grad for term in step.losses.values())
    assert set(step.logits) == {"local", "global"}
    assert not any(logits.requires_grad for logits in (*step.logits.values(), *step.stats.values()))
    assert step.stats["mean"].item() == pytest.approx(step.logits["local"].mean().item())


def test_pooled_stages_are_made_in_training_only():
    method = shown()
    method(clips(4), LABELS)
    local, glob = method.seen
    assert (set(local.pooled), set(glob.pooled)) == ({"second"}, set())
    assert set(method(clips(4))["local"].pooled) == set()


class Half(TwoStage):
    """Gives everything in bfloat16."""

    def forward(self, clip, pooled=()):
        given = super().forward(clip, pooled=pooled)
        low = {name: vector.bfloat16() for name, vector in given.pooled.items()}
        beside = {"own": given.logits.bfloat16()}
        return Features(
            given.logits.bfloat16(), given.embedding.bfloat16(), given.map.bfloat16(), low, beside
        )


def test_losses_see_float32():
    method = shown(Half)
    step = method(clips(4), LABELS)
    local, _ = method.seen
    seen = (local.logits, local.embedding, local.pooled["second"], local.extras["own"])
    assert {tensor.dtype for tensor in seen} == {torch.float32}
    assert step.losses["local/ce"].dtype == torch.float32


def test_losses_are_computed_outside_mixed_precision():
    method = shown()

    class Product(TwoStream):
        def losses(self, local, glob, labels):
            return {"local/ce": (local.logits @ local.logits.T).mean()}, {}

    method = Product(TwoStage(4), TwoStage(6), None)
    with torch.autocast("cpu", torch.bfloat16):
        assert method(clips(4), LABELS).losses["local/ce"].dtype == torch.float32


@pytest.mark.parametrize("found", [{}, ({},), ({}, {}, {}), ([], {}), ({}, None), ({}, [])])
def test_what_is_no_pair_of_tables_is_refused(found):
    method = shown()
    method.losses = lambda *_: found
    with pytest.raises(
        TypeError, match=r"Shown.losses gave .*; expected \(\{name: loss\}, \{name: statistic\}\)"
    ):
        method(clips(4), LABELS)


def test_zeros_stand_for_a_stream_that_is_not_run():
    method = Single(TwoStage(4), TwoStage(6), Single.Settings())
    silent = method.zero_features("global", 5)
    assert (silent.logits.shape, silent.embedding.shape, silent.map.shape) == (
        (5, 3),
        (5, 6),
        (5, 6, 2, 4, 4),
    )
    assert not any(part.any() for part in (silent.logits, silent.embedding, silent.map))
    assert not any(p.requires_grad for p in method.glob.parameters())
    assert all(p.requires_grad for p in method.local.parameters())


def test_an_unused_streams_clip_need_not_be_there():
    method = Single(TwoStage(4), TwoStage(6), Single.Settings())
    given = clips(4)
    step = method({"local": given["local"]}, LABELS)
    assert set(step.logits) == {"local"}
    assert step.losses["local/ce"].item() == method(given, LABELS).losses["local/ce"].item()


def test_the_runs_optimizer_takes_all_parameters():
    method = shown()
    (optimizer,) = method.optimizers(partial(torch.optim.SGD, lr=0.3, momentum=0.8, weight_decay=0.01))
    (group,) = optimizer.param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.3, 0.8, 0.01)
    assert {id(p) for p in group["params"]} == {id(p) for p in method.parameters()}


def test_a_step_without_statistics_has_an_empty_table_of_its_own():
    one, other = Step({}, {}), Step({}, {})
    assert one.stats == {}
    assert one.stats is not other.stats


def test_streams_are_called_by_name():
    assert isinstance(shown().streams, nn.ModuleDict)
    assert list(shown().streams) == ["local", "global"]


@pytest.mark.parametrize("frozen", [("locl",), "local"])
def test_frozen_names_streams(frozen):
    class Wrong(Single):
        pass

    Wrong.frozen = frozen
    with pytest.raises(UsageError, match="expected a tuple of local and global"):
        Wrong(TwoStage(4), TwoStage(6), Single.Settings())
