"""Two streams at the same time on a CPU, each on its share of the threads.

One small convolution gains little from a second core: two streams in turn on two threads each took 1.6
times as long as both at once on one thread each (a step of the tiny preset on two cores). Nothing else
changes: each stream does the same sums in the same order, so results are equal bit by bit to running them
in turn on such a share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from backbones.contract import Features
from methods.contract import Calls, Method, Result

# PyTorch takes a pointwise or temporal convolution of fewer clips to a slower kernel where it has one thread.
CLIPS_FOR_ONE_THREAD = 16


def threads_each(threads: int, clips: int) -> int:
    """Of `threads` in all, those of either stream in batches of `clips` clips."""
    return max(threads // 2, 1 if clips >= CLIPS_FOR_ONE_THREAD else 2)


class ParallelStreams:
    """Runs the calls of several streams at once, and their backward passes.

    threads: of each stream. A stream that draws random numbers (dropout) takes them from the one generator
    of the process. Where two do, their order would be chance, so they go on in turn; the first training
    step, in turn too, finds that out.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.pool = ThreadPoolExecutor(2, "stream")
        self.in_turn: bool | None = None

    def __call__(self, calls: Calls[Result]) -> dict[str, Result]:
        if len(calls) < 2:
            return {name: call() for name, call in calls.items()}
        learning = torch.is_grad_enabled()
        if learning and self.in_turn is None:
            found = self._drawing(calls)
        else:
            found = self._run(calls, in_turn=learning and bool(self.in_turn))
        return self._cut(found) if learning else found

    def _drawing(self, calls: Calls[Result]) -> dict[str, Result]:
        """Runs the calls in turn, and sees which draw."""
        found: dict[str, Result] = {}
        draw = 0
        for name, call in calls.items():
            before = torch.get_rng_state()
            found |= self._run({name: call}, in_turn=True)
            draw += not torch.equal(before, torch.get_rng_state())
        self.in_turn = draw > 1
        return found

    def _run(self, calls: Calls[Result], in_turn: bool = False) -> dict[str, Result]:
        here = _State()
        going = {}
        for name, call in calls.items():
            going[name] = self.pool.submit(here.run, self.threads, call)
            if in_turn:
                going[name].exception()  # waits
        for each in going.values():
            each.exception()  # all have ended before any error is raised
        return {name: each.result() for name, each in going.items()}

    def _cut(self, found: dict[str, Any]) -> dict[str, Any]:
        """The features as seen by the losses; what is behind the cut goes backward on its own thread."""
        parts = {name: _tensors(features) for name, features in found.items()}
        names = [(name, key) for name, part in parts.items() for key, t in part.items() if t.requires_grad]
        if not names:
            return found
        behind = [parts[name][key] for name, key in names]
        seen = _Cut.apply(self, [name for name, _ in names], behind, torch.ones((), requires_grad=True))
        for (name, key), tensor in zip(names, seen, strict=True):
            parts[name][key] = tensor
        return {name: _features(part) for name, part in parts.items()}

    def backward(self, names: list[str], tensors: list[Tensor], grads: tuple[Tensor | None, ...]) -> None:
        """names: the stream of each tensor; grads: of the loss by each, of its shape; None where it does not
        matter.
        """
        streams: dict[str, tuple[list[Tensor], list[Tensor]]] = {}
        for name, tensor, grad in zip(names, tensors, grads, strict=True):
            if grad is not None:
                outputs, theirs = streams.setdefault(name, ([], []))
                outputs.append(tensor)
                theirs.append(grad)

        def call(outputs: list[Tensor], theirs: list[Tensor]) -> Callable[[], None]:
            return lambda: torch.autograd.backward(outputs, theirs)

        with torch.enable_grad():  # as the engine has it where hooks recompute
            self._run({name: call(*pair) for name, pair in streams.items()}, in_turn=bool(self.in_turn))


class _Cut(torch.autograd.Function):
    """The identity, whose backward pass hands each stream's gradients to that stream's thread.

    `one` stands for what learns behind the cut: autograd goes backward only from tensors that it was given.
    """

    @staticmethod
    def forward(
        ctx: Any, runner: ParallelStreams, names: list[str], behind: list[Tensor], one: Tensor
    ) -> Any:
        ctx.runner, ctx.names, ctx.behind = runner, names, behind
        ctx.set_materialize_grads(False)
        return tuple(tensor.detach() for tensor in behind)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        ctx.runner.backward(ctx.names, ctx.behind, grads)
        ctx.behind = None
        return None, None, None, None


class _State:
    """What PyTorch keeps for each thread, as the thread that made this has it."""

    def __init__(self) -> None:
        self.grad, self.inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        self.autocast, self.dtype = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")

    def run(self, threads: int, call: Callable[[], Result]) -> Result:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        with (
            torch.inference_mode(self.inference),
            torch.set_grad_enabled(self.grad),
            torch.autocast("cpu", self.dtype, enabled=self.autocast),
        ):
            return call()


@contextmanager
def parallel_streams(method: Method, clips: int, wanted: bool = True) -> Iterator[None]:
    """The method's streams run at once meanwhile, where that helps.

    clips: of a batch. It is not done on a GPU, with one thread, or (`wanted`) with several processes, whose
    gradients are joined as they come, and in compiled streams.
    """
    threads = torch.get_num_threads()
    on_cpu = next(method.parameters()).device.type == "cpu"
    if not wanted or not on_cpu or threads < 2:
        yield
        return
    runner = ParallelStreams(threads_each(threads, clips))
    method.run_streams = runner
    try:
        yield
    finally:
        del method.run_streams  # the class's own again
        runner.pool.shutdown()
        torch.set_num_threads(threads)  # threads made later take the number that was set last


def _tensors(features: Features) -> dict[str, Tensor]:
    """By name: the fields' own, and of `pooled` and `extras` "field/key"."""
    named = {"logits": features.logits, "embedding": features.embedding, "map": features.map}
    for field in ("pooled", "extras"):
        named |= {f"{field}/{key}": tensor for key, tensor in getattr(features, field).items()}
    return named


def _features(named: dict[str, Tensor]) -> Features:
    def of(field: str) -> dict[str, Tensor]:
        return {key.removeprefix(field): t for key, t in named.items() if key.startswith(field)}

    return Features(named["logits"], named["embedding"], named["map"], of("pooled/"), of("extras/"))
