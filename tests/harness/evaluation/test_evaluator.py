"""Testing more videos takes no more memory: their maps are on the disk as soon as they are made."""

import gc
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from backbones.contract import Features
from harness.evaluation.evaluator import Evaluator

MAP = (4, 2, 3, 3)
SIDES = ("local", "global")


class Streams:
    """Networks whose map of a clip is the clip's first value everywhere."""

    joint = True

    def eval(self):
        return self

    def place(self, numbers):
        pass

    def __call__(self, clips):
        return {
            stream: Features(
                torch.stack([each.flatten(1)[:, 0], -each.flatten(1)[:, 0]], dim=1),
                each.flatten(1)[:, :3],
                each.flatten(1)[:, 0].view(-1, 1, 1, 1, 1).expand(-1, *MAP),
            )
            for stream, each in clips.items()
        }


class Inputs:
    specs = dict.fromkeys(SIDES)
    dtype = torch.float32

    def __call__(self, clips):
        return {stream: each.float() for stream, each in clips.items()}


def batches(videos, at_once, broken):
    """Of two views; video n's clips are full of n."""
    for first in range(0, videos, at_once):
        numbers = torch.arange(first, min(first + at_once, videos))
        clips = numbers.view(-1, 1, 1, 1, 1, 1).expand(-1, 2, 1, 2, 2, 3).to(torch.uint8)
        ok = torch.tensor([number not in broken for number in numbers.tolist()])
        failed = [(number, "cut off") for number in numbers.tolist() if number in broken]
        given = {"label": numbers % 2, "ok": ok, "position": numbers, "failed": failed}
        yield given | dict.fromkeys(SIDES, clips)


def bytes_of_maps():
    # By the type: a weak proxy of another test, whose object is gone, cannot be asked for its class.
    alive = [each for each in gc.get_objects() if issubclass(type(each), torch.Tensor)]
    return sum(each.numel() * each.element_size() for each in alive if each.shape[1:] == MAP)


def outcome(videos, place, broken=()):
    """(the stored outputs, the most bytes of maps that there were after a batch)."""
    alive = []
    fabric = SimpleNamespace(world_size=1, global_rank=0, barrier=lambda: None, autocast=nullcontext)
    evaluator = Evaluator(
        fabric=fabric,
        method=Streams(),
        inputs=Inputs(),
        views_at_once=8,
        store_maps=True,
        top_k=1,
        report=lambda done, total, left: alive.append(bytes_of_maps()),
        stop_asked=lambda: None,
    )
    ids = [str(number) for number in range(videos)]
    place.mkdir()
    path = place / "outputs.safetensors"
    return evaluator.run(batches(videos, 4, broken), ids, path).stored, max(alive)


@pytest.mark.parametrize("broken", [(), (3,)])
def test_maps_are_those_of_the_videos_in_their_order(tmp_path, broken):
    stored, _ = outcome(10, tmp_path / "ten", broken)
    values = torch.tensor([0.0 if number in broken else number for number in range(10)])
    for stream in SIDES:
        assert torch.equal(stored.tensors[f"{stream}.map"], values.view(-1, 1, 1, 1, 1).expand(-1, *MAP))
    assert [path.name for path in (tmp_path / "ten").iterdir()] == ["outputs.safetensors"]
    assert stored.outputs().local.map.shape == (10 - len(broken), *MAP)


def test_more_videos_take_no_more_memory_for_maps(tmp_path):
    assert outcome(80, tmp_path / "many")[1] == outcome(8, tmp_path / "few")[1]
