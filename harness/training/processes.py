"""Processes: one by default, several under torchrun or SLURM (lightning-fabric's DDP)."""

from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING

import torch

from backbones.base.errors import UsageError
from harness.training.device import Device
from harness.training.precision import PRECISIONS

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def processes() -> tuple[int, int]:
    """(processes in all, processes on this machine), as torchrun or SLURM tell.

    A `UsageError` where machines have different numbers of them.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", world))
    if world % here:
        raise UsageError(
            f"{world} processes on machines with {here} each: use the same number on each machine"
        )
    return world, here


def is_first() -> bool:
    """Whether this process is the one that writes, before a Fabric can tell."""
    return os.environ.get("RANK", "0") == "0"


def enough_threads() -> None:
    """With one thread PyTorch leaves oneDNN for a 3D convolution that takes three times as long on the CPU.

    torchrun and many clusters set OMP_NUM_THREADS to 1; threads that wait do not spin (`harness.cli.main`).
    """
    torch.set_num_threads(max(2, torch.get_num_threads()))


def own_device(device: Device) -> torch.device:
    """The device of this process alone, where nothing is trained: no Fabric, no process group."""
    if device.kind != "cuda":
        return torch.device(device.kind)
    own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(own)
    return own


def fabric(device: Device, sometimes_idle: bool = False) -> Fabric:
    """A launched Fabric for the processes that are there.

    sometimes_idle: whether parameters get no gradient in some steps, which DDP must then look for.
    """
    # Importing it takes as long as all else that a start needs: its wrappers import torch's compiler.
    from lightning_fabric import Fabric

    _quiet()
    enough_threads()
    world, here = processes()
    ddp = "ddp_find_unused_parameters_true" if sometimes_idle else "ddp"
    made = Fabric(
        accelerator=device.kind,
        devices=here,
        num_nodes=world // here,
        strategy=ddp if world > 1 else "auto",
        precision=PRECISIONS[device.precision].fabric,  # type: ignore[arg-type]
    )
    made.launch()
    return made


def _quiet() -> None:
    for name in ("lightning_fabric", "lightning_fabric.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Fabric advises on numbers of loader workers; ours are a setting that is shown.
    warnings.filterwarnings("ignore", module="lightning_fabric")
