"""A process's own device and the number of processes, without Fabric."""

import pytest
import torch

from backbones.base.errors import UsageError
from harness.training.device import Device
from harness.training.processes import own_device, processes


def test_the_cpu_is_the_cpu():
    assert own_device(Device("cpu", "fp32", "")) == torch.device("cpu")


def test_each_process_of_a_machine_has_a_gpu_of_its_own(monkeypatch):
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert own_device(Device("cuda", "fp32", "")) == torch.device("cuda", 1)
    assert chosen == [torch.device("cuda", 1)]  # where torch.cuda.synchronize waits


def test_unequal_machines_are_said(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "5")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="5 processes on machines with 2 each"):
        processes()
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert processes() == (4, 2)
