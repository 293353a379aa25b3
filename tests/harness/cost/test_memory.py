"""Where a step does not fit, the line names a setting that does: found by trying, most of the run kept."""

import weakref

import pytest
import torch

from backbones.base.errors import UserError, is_out_of_memory
from harness.cost import memory

CPU = "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to allocate"


class Method(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stream = torch.nn.Linear(1, 1)
        self.streams = {}


def line(monkeypatch, fits, batch=8, micro=8, error=CPU):
    """What is proposed where a step of `count` videos, recomputed or not, fits as `fits` says."""

    def step(method, specs, precision, device, count):
        if not fits(count, bool(state["again"])):
            raise RuntimeError(error)

    state = {"again": False}

    class Recomputing:
        def __init__(self, streams, wanted):
            self.wanted = wanted

        def __enter__(self):
            state["again"] = self.wanted

        def __exit__(self, *_):
            state["again"] = False

    monkeypatch.setattr(memory, "time_step", step)
    monkeypatch.setattr(memory, "recomputing", Recomputing)
    monkeypatch.setattr(memory, "_give_back", lambda: None)  # takes long in a process as large as a test's
    method = Method()
    with (
        pytest.raises(UserError) as raised,
        memory.proposing(method, {}, "fp32", batch, micro),
    ):
        raise RuntimeError(error)
    said, _, proposed = str(raised.value).partition("; ")
    assert said.startswith("out of memory: a training step does not fit with 8 videos in a forward pass")
    return proposed


def test_what_changes_no_number_comes_first(monkeypatch):
    proposed = line(monkeypatch, lambda count, again: again or count <= 4)
    assert proposed == "--gradient-checkpointing fits (slower, the same numbers)"


@pytest.mark.parametrize(("most", "proposed"), [(4, 4), (3, 2), (1, 1)])
def test_then_the_largest_part_that_divides_the_batch(monkeypatch, most, proposed):
    found = line(monkeypatch, lambda count, again: count <= most)
    assert found == f"--micro-batch {proposed} fits (it changes BatchNorm and dominance groups)"


def test_then_both(monkeypatch):
    found = line(monkeypatch, lambda count, again: again and count <= 2)
    assert found.startswith("--micro-batch 2 --gradient-checkpointing fits")


def test_where_nothing_fits_the_networks_are_too_large(monkeypatch):
    said = line(monkeypatch, lambda count, again: False)
    assert said.startswith("--gradient-checkpointing --micro-batch 1 takes least, else narrower networks")


class Made:
    """What a step makes, in the place of its activations."""


def a_step_that_fails(held):
    made = Made()
    held.append(weakref.ref(made))
    raise RuntimeError(CPU)


def test_what_the_failed_step_had_made_is_free_before_others_are_tried(monkeypatch):
    held, alive = [], []
    monkeypatch.setattr(memory, "time_step", lambda *_: alive.append(held[0]()))
    with pytest.raises(UserError), memory.proposing(Method(), {}, "fp32", 8, 8):
        a_step_that_fails(held)
    assert alive == [None]


def test_another_error_stays_what_it_is(monkeypatch):
    with pytest.raises(RuntimeError, match="shapes"), memory.proposing(Method(), {}, "fp32", 8, 8):
        raise RuntimeError("shapes cannot be multiplied")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried"),
        RuntimeError("could not create a primitive"),
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_each_librarys_words_for_it(error):
    assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("memory format is wrong"))
