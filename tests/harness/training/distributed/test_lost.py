"""A process that ends too early: the other one ends with a line that names it."""

import os

import pytest
import torch
from support.srun import srun

from backbones.base.errors import UserError
from harness.training.distributed.lost import RollCall, _is_broken_connection

CODE = """
import os, signal, sys
from backbones.base.errors import UserError
from harness.training.device import Device
from harness.training.distributed.lost import naming_the_lost
from harness.training.distributed.processes import fabric

made = fabric(Device("cpu", "fp32", ""))
try:
    with naming_the_lost(made):
        made.barrier()
        if made.global_rank == 1:
            {end}
        import torch
        torch.distributed.all_reduce(torch.ones(1))
except UserError as error:
    print(error)
"""


def test_one_that_was_killed_is_named():
    first, second = srun(["-c", CODE.format(end="os.kill(os.getpid(), signal.SIGKILL)")])
    assert second.code == -9
    assert first.out.startswith("process 1 (on ")
    assert first.out.endswith(
        ") of 2 ended without a word (killed? out of memory?); the same command goes on from the last "
        "checkpoint\n"
    )


def test_what_one_says_at_its_end_is_what_the_others_say():
    first, second = srun(["-c", CODE.format(end="raise UserError('clip.avi failed to decode')")])
    assert second.out == "clip.avi failed to decode\n"
    assert first.out == "process 1 of 2 ended: clip.avi failed to decode\n"


@pytest.fixture
def store():
    return torch.distributed.HashStore()


def test_one_that_still_computes_is_not_taken_for_the_one_that_ended(store):
    """Of three: this one, one that lives but does not answer yet, one whose process is gone."""
    for rank in (0, 1):
        RollCall(store, rank, 3).enter()  # both with this test's own process number
    host, pid = store.get("at/0").decode().split()
    store.set("at/2", f"{host} {2**22 + 1}")  # above the largest one of Linux
    assert RollCall(store, 0, 3, waits_s=0).call().startswith(f"process 2 (on {host}) of 3 ended without")
    assert pid == str(os.getpid())


def test_of_other_machines_those_that_do_not_answer_are_named(store):
    for rank, host in enumerate(("a", "b", "c")):
        store.set(f"at/{rank}", f"{host} 1")
    assert (
        RollCall(store, 0, 3, waits_s=0)
        .call()
        .startswith("processes 1 (on b), 2 (on c) of 3 ended without a word")
    )


def test_where_all_answer_the_connection_is_said(store):
    for rank in (0, 1):
        RollCall(store, rank, 2).enter()
    store.set("here/1", "yes")
    assert RollCall(store, 0, 2, waits_s=0).call().startswith("the connection between the 2 processes broke;")


def test_errors_of_a_step_are_no_broken_connections():
    assert not _is_broken_connection(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not _is_broken_connection(UserError("every video of a batch failed to decode"))
