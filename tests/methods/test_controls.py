"""Unidirectional, mutual, single and the controls of dominance, on logits whose truth is known by hand."""

import numpy as np
import pytest
import torch
from support import by_numpy
from support.two_stage import TwoStage, clips, features, make

from methods.mbd import MBD
from methods.mutual import Mutual
from methods.oracle_dominance import OracleDominance
from methods.random_dominance import RandomDominance
from methods.shuffled_teachers import ShuffledTeachers
from methods.single import Single
from methods.unidirectional import Unidirectional

RNG = np.random.default_rng(7)
LOCAL, GLOBAL = 2 * RNG.normal(size=(8, 3)), 2 * RNG.normal(size=(8, 3))
F_LOCAL, F_GLOBAL = RNG.normal(size=(8, 4)), RNG.normal(size=(8, 6))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])


def losses(method):
    return method.losses(features(LOCAL, F_LOCAL), features(GLOBAL, F_GLOBAL), LABELS)[0]


def groups(method):
    found = method.groups(features(LOCAL), features(GLOBAL), LABELS)
    return found.local.tolist(), found.glob.tolist()


def test_mutual_teaches_both_on_every_video():
    terms = losses(make(Mutual, temperature=2.0))
    assert terms["local/kl"].item() == pytest.approx(0.6 * by_numpy.kl(GLOBAL, LOCAL, 2).mean())
    assert terms["global/kl"].item() == pytest.approx(0.6 * by_numpy.kl(LOCAL, GLOBAL, 2).mean())
    assert set(terms) == {f"{s}/{t}" for s in ("local", "global") for t in ("ce", "kl", "mse")}


@pytest.mark.parametrize(("teacher", "student"), [("local", "global"), ("global", "local")])
@pytest.mark.parametrize("levels", [("kl",), ("mse",), ("kl", "mse")])
def test_unidirectional_teaches_one_way_on_every_video(teacher, student, levels):
    method = make(Unidirectional, teacher=teacher, final="kl" in levels, middle="mse" in levels)
    terms = losses(method)
    assert set(terms) == {"local/ce", "global/ce", *(f"{student}/{level}" for level in levels)}
    if "kl" in levels:
        logits = {"local": LOCAL, "global": GLOBAL}
        expected = by_numpy.kl(logits[teacher], logits[student], 1).mean()
        assert terms[f"{student}/kl"].item() == pytest.approx(0.6 * expected)


def test_a_frozen_teacher_has_no_loss_no_gradient_and_stays_in_evaluation_mode():
    method = make(Unidirectional, teacher="local", frozen=True).float().train()
    assert not method.streams["local"].training
    assert method.streams["global"].training
    step = method(clips(8), LABELS)
    assert set(step.losses) == {"global/ce", "global/kl", "global/mse"}
    torch.stack(list(step.losses.values())).sum().backward()
    assert all(p.grad is None for p in method.streams["local"].parameters())
    assert all(p.grad is not None for p in method.streams["global"].parameters())


def test_random_groups_have_dominances_sizes_and_leave_the_generator_alone():
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    local, glob = groups(make(RandomDominance))
    torch.random.set_rng_state(before)
    assert sum(local) == sum(groups(make(MBD))[0])
    assert [not member for member in local] == glob
    drawn, method = set(), make(RandomDominance)
    for seed in range(8):
        torch.manual_seed(seed)
        drawn.add(tuple(groups(method)[0]))
        assert torch.initial_seed() == seed
        assert torch.equal(torch.rand(3), torch.rand(3, generator=torch.Generator().manual_seed(seed)))
    assert len(drawn) > 2


def test_a_coin_may_give_other_sizes():
    method = make(RandomDominance, draw="coin")
    sizes = set()
    for seed in range(8):
        torch.manual_seed(seed)
        local, glob = groups(method)
        assert [not member for member in local] == glob
        sizes.add(sum(local))
    assert len(sizes) > 1


def test_the_oracle_knows_who_is_right():
    right, wrong = np.eye(3)[LABELS] * 2, np.eye(3)[(LABELS + 1) % 3] * 9
    # Videos: local right, global right, both right, both wrong; the wrong answers are the surer ones.
    local, glob = wrong.copy(), wrong.copy()
    local[[0, 2]], glob[[1, 2]] = right[[0, 2]], right[[1, 2]]
    local[2] *= 2  # the surer of two that are right
    given = features(local[:4]), features(glob[:4]), LABELS[:4]
    found = make(OracleDominance).groups(*given)
    assert found.local.tolist() == [True, False, True, False]
    assert found.glob.tolist() == [False, True, False, True]  # the last is a tie of dominance: global
    found = make(OracleDominance, undecided="neither").groups(*given)
    assert found.local.tolist() == [True, False, False, False]
    assert found.glob.tolist() == [False, True, False, False]
    assert make(MBD).groups(*given).local.tolist() == [False, True, True, False]  # dominance is misled


def test_shuffled_teachers_speak_of_the_video_before():
    """MBD's groups of videos; video i is taught with the teacher's outputs for video i - 1, 0 with 7's."""
    method = make(ShuffledTeachers)
    terms, stats = method.losses(features(LOCAL, F_LOCAL), features(GLOBAL, F_GLOBAL), LABELS)
    assert groups(method) == groups(make(MBD))
    in_local = np.array(groups(method)[0])
    assert stats["local-dominant"] == in_local.mean()
    before = [7, 0, 1, 2, 3, 4, 5, 6]
    for name, own, other, members in (
        ("local", LOCAL, GLOBAL, ~in_local),
        ("global", GLOBAL, LOCAL, in_local),
    ):
        expected = by_numpy.kl(other[before], own, 1)[members].mean()
        assert terms[f"{name}/kl"].item() == pytest.approx(0.6 * expected)
    linear = method.align["local"].student
    mapped = F_LOCAL @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()
    expected = by_numpy.mse(mapped, F_GLOBAL[before])[~in_local].mean()
    assert terms["local/mse"].item() == pytest.approx(0.4 * expected)
    assert terms["local/ce"].item() == losses(make(MBD))["local/ce"].item()


@pytest.mark.parametrize(("stream", "other"), [("local", "global"), ("global", "local")])
def test_single_trains_one_stream_and_the_other_says_nothing(stream, other):
    method = make(Single, stream=stream).float()
    method.streams[other].forward = lambda *_: pytest.fail("the unused stream was run")
    step = method(clips(8), LABELS)
    assert set(step.losses) == {f"{stream}/ce"}
    assert set(step.logits) == {stream}
    found = method.eval()(clips(8))
    scores = torch.softmax(found[other].logits, dim=-1)
    assert torch.equal(scores, torch.full((8, 3), 1 / 3))
    own = torch.softmax(found[stream].logits, dim=-1)
    for fused in (own + scores, own * scores, torch.maximum(own, scores)):
        assert torch.equal(fused.argmax(dim=1), own.argmax(dim=1))


def test_a_single_stream_starts_as_under_every_method():
    torch.manual_seed(0)
    alone = Single(TwoStage(4), TwoStage(6), Single.Settings())(clips(8), LABELS)
    both = make(MBD).float()(clips(8), LABELS)
    assert alone.losses["local/ce"].item() == both.losses["local/ce"].item()
