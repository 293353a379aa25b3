"""A Fabric for the processes that make a run: one, or several under torchrun or srun (DDP)."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import torch

from backbones.base.errors import UsageError
from harness.launched import launched
from harness.training.device import Device
from harness.training.precision import PRECISIONS

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def enough_threads() -> None:
    """With one thread PyTorch leaves oneDNN for a 3D convolution that takes three times as long on the CPU.

    torchrun and many clusters set OMP_NUM_THREADS to 1; threads that wait do not spin (`harness.cli.main`).
    """
    torch.set_num_threads(max(2, torch.get_num_threads()))


def own_device(device: Device) -> torch.device:
    """The device of this process alone, where nothing is trained: no Fabric, no process group."""
    if device.kind != "cuda":
        return torch.device(device.kind)
    own = torch.device("cuda", launched().local)
    torch.cuda.set_device(own)
    allow_tf32(device)
    return own


def allow_tf32(device: Device) -> None:
    """On a GPU float32 products are taken on its matrix units, which keep 10 bits of the significand (TF32).

    Convolutions are by PyTorch's own default; the rest of a training step of the `paper` preset was twice as
    fast with it. NVIDIA_TF32_OVERRIDE=0 forbids both. Records say which it was.
    """
    if device.kind == "cuda":
        torch.set_float32_matmul_precision("high")


def fabric(device: Device, sometimes_idle: bool = False) -> Fabric:
    """A launched Fabric for the processes that are there.

    sometimes_idle: whether parameters get no gradient in some steps, which DDP must then look for.
    """
    # Importing it takes as long as all else that a start needs: its wrappers import torch's compiler.
    from lightning_fabric import Fabric

    from harness.training.distributed.environment import OfLaunched

    _quiet()
    enough_threads()
    started = launched()
    _check_gpus(device, started.here, started.by)
    allow_tf32(device)
    ddp = "ddp_find_unused_parameters_true" if sometimes_idle else "ddp"
    made = Fabric(
        accelerator=device.kind,
        devices=started.here,
        num_nodes=started.world // started.here,
        strategy=ddp if started.world > 1 else "auto",
        plugins=[OfLaunched(started)],
        precision=PRECISIONS[device.precision].fabric,  # type: ignore[arg-type]
    )
    made.launch()
    return made


def _check_gpus(device: Device, here: int, by: str) -> None:
    if device.kind == "cuda" and here > 1 and torch.cuda.device_count() < here:
        each = f"; give srun --gpus-per-node={here} instead of GPUs for each task" * (by == "srun")
        raise UsageError(
            f"{here} processes on this machine, but this one sees {torch.cuda.device_count()} GPUs{each}"
        )


def _quiet() -> None:
    for name in ("lightning_fabric", "lightning_fabric.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Fabric advises on numbers of loader workers; ours are a setting that is shown.
    warnings.filterwarnings("ignore", module="lightning_fabric")
