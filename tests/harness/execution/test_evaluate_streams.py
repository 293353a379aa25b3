"""Testing in several processes: all ask equally often whether to stop, since the answer is agreed."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from harness.evaluation.evaluator import Evaluator
from harness.execution import evaluate_streams
from harness.training.stopping import Stopped


class WithoutNetworks(Evaluator):
    def _videos(self, batch):
        return {"x": batch["label"].float()}


def share(rank, world, videos, at_once, stop=lambda: None):
    """One process's share of the testing, without networks or pixels."""
    positions = torch.arange(rank, videos, world)
    batches = [
        {"label": part, "position": part, "ok": torch.ones(len(part), dtype=torch.bool), "failed": []}
        for part in positions.split(at_once)
    ]
    evaluator = WithoutNetworks(
        fabric=SimpleNamespace(global_rank=rank, world_size=world),
        method=None,
        inputs=None,
        views_at_once=1,
        store_maps=False,
        top_k=5,
        report=lambda *_: None,
        stop_asked=stop,
    )
    most = evaluate_streams.rounds(videos, world, at_once)
    return evaluator._own_share(batches, [str(n) for n in range(videos)], Path("no maps"), most)


@pytest.mark.parametrize(
    ("world", "videos", "at_once", "asked"), [(2, 5, 2, 2), (2, 5, 1, 3), (3, 4, 2, 1), (1, 5, 2, 3)]
)
def test_every_process_asks_equally_often(world, videos, at_once, asked):
    for rank in range(world):
        calls = []
        stored = share(rank, world, videos, at_once, stop=lambda calls=calls: calls.append(1))
        assert len(calls) == asked
        assert len(stored.ids) == len(range(rank, videos, world))


def test_a_stop_asked_of_another_process_stops_this_one():
    """The signal reached another process only: what is agreed is what counts here."""
    fabric = SimpleNamespace()
    flag = SimpleNamespace(set=False, agreed=lambda given: given is fabric)
    job = SimpleNamespace(
        stop=flag,
        streams=SimpleNamespace(method=None),
        launch=SimpleNamespace(views_at_once=1),
        evaluation=SimpleNamespace(store_maps=False),
        index=SimpleNamespace(k=5),
        inputs=lambda fabric: None,
        reporter=SimpleNamespace(testing=None),
    )
    with pytest.raises(Stopped, match="the same command tests them"):
        evaluate_streams._evaluator(job, fabric, "test").stop_asked()
