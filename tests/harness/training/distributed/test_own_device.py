"""A process's own device, without Fabric."""

import pytest
import torch

from harness.training.device import Device, environment
from harness.training.distributed.processes import own_device


@pytest.fixture(autouse=True)
def precision_of_products():
    before = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(before)


def test_the_cpu_is_the_cpu():
    assert own_device(Device("cpu", "fp32", "")) == torch.device("cpu")


def test_each_process_of_a_machine_has_a_gpu_of_its_own(monkeypatch):
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert own_device(Device("cuda", "fp32", "")) == torch.device("cuda", 1)
    assert chosen == [torch.device("cuda", 1)]  # where torch.cuda.synchronize waits


@pytest.mark.parametrize(
    ("kind", "precision", "forbidden", "products", "said"),
    [
        ("cuda", "fp32", "", "high", True),
        ("cuda", "fp32", "0", "high", False),  # the libraries' own switch, which outdoes PyTorch's
        ("cuda", "bf16", "", "high", None),  # no float32 products
        ("cpu", "fp32", "", "highest", None),
    ],
)
def test_records_say_whether_float32_products_are_tf32(
    monkeypatch, kind, precision, forbidden, products, said
):
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "a GPU")
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", forbidden)
    torch.set_float32_matmul_precision("highest")
    device = Device(kind, precision, "")
    own_device(device)
    assert torch.get_float32_matmul_precision() == products
    assert environment(device)["tf32"] is said
