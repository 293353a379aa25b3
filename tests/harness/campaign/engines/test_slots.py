"""How a machine is shared out."""

import pytest

from backbones.base.errors import UsageError
from harness.campaign.engines.slots import GIB, Share, slots, workers


@pytest.fixture
def machine(monkeypatch):
    """machine(cores, devices): as many cores, and GPUs as CUDA_VISIBLE_DEVICES says."""

    def of(cores, devices):
        monkeypatch.setattr("os.cpu_count", lambda: cores)
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", devices)

    return of


def devices(share, device="auto"):
    return "".join(slot.env.get("CUDA_VISIBLE_DEVICES", "-") for slot in slots(share, device))


def test_one_alone_has_the_machine_as_it_is(machine):
    machine(8, "0,1")
    (slot,) = slots(Share(), "auto")
    assert (slot.env, slot.memory) == ({}, None)


def test_cores_and_memory_are_shared_out(machine):
    machine(8, "")
    found = slots(Share(jobs=3, memory=1.5), "auto")
    assert [slot.env for slot in found] == [{"OMP_NUM_THREADS": "2"}] * 3
    assert {slot.memory for slot in found} == {3 * GIB // 2}
    assert [workers(jobs) for jobs in (1, 3, 4, 8)] == [7, 1, 1, 1]
    assert slots(Share(threads=5), "auto")[0].env == {"OMP_NUM_THREADS": "5"}


@pytest.mark.parametrize(
    ("jobs", "per_gpu", "expected"),
    [(4, None, "0101"), (3, None, "010"), (None, 2, "0101"), (3, 2, "010"), (9, 2, "0101"), (1, None, "-")],
)
def test_gpus_are_given_in_turn(machine, jobs, per_gpu, expected):
    machine(16, "0, 1")
    assert devices(Share(jobs=jobs, per_gpu=per_gpu)) == expected


def test_on_a_cpu_no_device_is_given(machine):
    machine(8, "0,1")
    assert devices(Share(jobs=2), "cpu") == "--"
    with pytest.raises(UsageError, match="there is no GPU"):
        slots(Share(per_gpu=2), "cpu")


def test_devices_are_named_by_the_driver(monkeypatch, tmp_path):
    """By UUID: CUDA's order of devices need not be the driver's."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nprintf 'GPU-a\\nGPU-b\\n'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices(Share(per_gpu=1)) == "GPU-aGPU-b"
    tool.unlink()
    assert devices(Share(jobs=2)) == "--"
