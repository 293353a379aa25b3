"""Streams at the same time against the same streams in turn: equal bit by bit."""

import threading

import pytest
import torch
from support.short_training import CASES, batch, made, spec, trainer
from torch import nn

from backbones.contract import Features
from harness.data.clips.transform import normalise
from harness.training.streams.parallel import ParallelStreams, parallel_streams, threads_each
from methods.catalogue import METHODS

MBD = METHODS.get("mbd")


@pytest.fixture
def runner():
    made = ParallelStreams(1)
    yield made
    made.pool.shutdown()


def after_training(entry, settings, folder, dropout, runner=None):
    """What was learned; all computing is done by one thread each, so that sums are in one order."""
    folder.mkdir()
    method = made(entry, settings, dropout=dropout)
    each = trainer(method, folder)
    torch.set_num_threads(1)
    if runner:
        method.run_streams = runner
    each.run()
    return method.state_dict()


@pytest.mark.parametrize("dropout", [0.0, 0.5], ids=["one draws", "both draw"])
@pytest.mark.parametrize(("entry", "settings"), CASES, ids=lambda v: getattr(v, "name", None) or str(v))
def test_every_method_learns_the_same(entry, settings, dropout, runner, tmp_path):
    before = torch.get_num_threads()
    try:
        ours = after_training(entry, settings, tmp_path / "ours", dropout, runner)
        theirs = after_training(entry, settings, tmp_path / "theirs", dropout)
    finally:
        torch.set_num_threads(before)
    for name, value in theirs.items():
        assert torch.equal(ours[name], value), name
    if runner.in_turn is not None:  # else the method's streams need each other, or one learns alone
        frozen = made(entry, settings).frozen
        assert runner.in_turn == (dropout > 0 and not frozen)


def test_both_streams_are_under_way_at_once(runner):
    """Each call waits for the other: in turn they would never meet."""
    meet = threading.Barrier(2, timeout=20)
    calls = {name: (lambda: meet.wait() >= 0) for name in ("local", "global")}
    with torch.no_grad():
        assert runner(calls) == {"local": True, "global": True}


class Meeting(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, meet):
        ctx.meet = meet
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        ctx.meet.wait()
        return grad, None


def features_of(weight, meet):
    x = Meeting.apply(weight, meet)
    return Features(x, x * 2, x * 3, {"middle": x * 4}, {"own": x * 5})


def test_both_go_backward_at_once_and_no_gradient_is_lost(runner):
    meet = threading.Barrier(2, timeout=20)
    weights = {name: nn.Parameter(torch.full((2, 3), 2.0)) for name in ("local", "global")}
    runner.in_turn = False
    found = runner({name: (lambda w=w: features_of(w, meet)) for name, w in weights.items()})
    loss = sum(
        (f.logits + f.embedding + f.map + f.pooled["middle"] + f.extras["own"]).square().sum()
        for f in found.values()
    )
    loss.backward()
    # 15 w in all, so the loss is 225 w² and its slope 450 w = 900.
    for weight in weights.values():
        assert weight.grad.tolist() == [[900.0] * 3] * 2


def test_what_no_loss_asks_for_gets_no_gradient(runner):
    kept, idle = (nn.Parameter(torch.ones(1, 2)) for _ in range(2))
    runner.in_turn = False
    meet = threading.Barrier(1)
    found = runner({"local": lambda: features_of(kept, meet), "global": lambda: features_of(idle, meet)})
    found["local"].logits.sum().backward()
    assert kept.grad.tolist() == [[1.0, 1.0]]
    assert idle.grad is None


def test_an_error_comes_out_after_both_have_ended(runner):
    ended = threading.Event()

    def fails():
        raise ValueError("of the stream")

    with torch.no_grad(), pytest.raises(ValueError, match="of the stream"):
        runner({"local": fails, "global": ended.set})
    assert ended.is_set()


def test_threads_see_the_callers_modes(runner):
    def modes():
        return torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")

    calls = {"local": modes, "global": modes}
    with torch.inference_mode():
        assert set(runner(calls).values()) == {(False, True, False)}
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert set(runner(calls).values()) == {(False, False, True)}
    with torch.no_grad():
        assert set(runner(calls).values()) == {(False, False, False)}


def test_outputs_in_testing_are_those_of_each_stream_alone():
    method = made(MBD, {}).eval()
    clips = {
        name: normalise(batch(0)[name], spec().mean, spec().std, torch.float32) for name in method.streams
    }
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with torch.inference_mode(), parallel_streams(method, 16):
            assert isinstance(method.run_streams, ParallelStreams)
            both = method(clips)
            alone = {name: method.streams[name](clip) for name, clip in clips.items()}
    finally:
        torch.set_num_threads(before)
    assert not isinstance(method.run_streams, ParallelStreams)
    for name, features in alone.items():
        assert torch.allclose(both[name].logits, features.logits, atol=1e-6)


@pytest.mark.parametrize(
    ("threads", "clips", "each"), [(2, 16, 1), (2, 8, 2), (3, 15, 2), (8, 4, 4), (64, 64, 32)]
)
def test_threads_are_shared_out(threads, clips, each):
    assert threads_each(threads, clips) == each


def test_one_thread_is_not_shared(monkeypatch):
    method = made(MBD, {})
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    with parallel_streams(method, 16):
        assert not isinstance(method.run_streams, ParallelStreams)
