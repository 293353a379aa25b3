"""A process's own device, without Fabric."""

import torch

from harness.training.device import Device
from harness.training.distributed.processes import own_device


def test_the_cpu_is_the_cpu():
    assert own_device(Device("cpu", "fp32", "")) == torch.device("cpu")


def test_each_process_of_a_machine_has_a_gpu_of_its_own(monkeypatch):
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert own_device(Device("cuda", "fp32", "")) == torch.device("cuda", 1)
    assert chosen == [torch.device("cuda", 1)]  # where torch.cuda.synchronize waits
