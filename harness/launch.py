"""Processes: one by default, several under torchrun or SLURM (lightning-fabric's DDP)."""

from __future__ import annotations

import logging
import os
import warnings

from lightning_fabric import Fabric

from backbones.errors import UsageError
from harness.device import FABRIC_PRECISION, Device


def processes() -> tuple[int, int]:
    """(processes in all, processes on this machine), as torchrun or SLURM tell."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    return world, int(os.environ.get("LOCAL_WORLD_SIZE", world))


def fabric(device: Device) -> Fabric:
    """A launched Fabric for the processes that are there."""
    _quiet()
    world, here = processes()
    if world % here:
        raise UsageError(
            f"{world} processes on machines with {here} each: use the same number on each machine"
        )
    made = Fabric(
        accelerator=device.kind,
        devices=here,
        num_nodes=world // here,
        strategy="ddp" if world > 1 else "auto",
        precision=FABRIC_PRECISION[device.precision],  # type: ignore[arg-type]
    )
    made.launch()
    return made


def _quiet() -> None:
    for name in ("lightning_fabric", "lightning_fabric.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Fabric advises on numbers of loader workers; ours are a setting that is shown.
    warnings.filterwarnings("ignore", module="lightning_fabric")
