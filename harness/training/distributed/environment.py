"""How Fabric learns which process this is, from `harness.launched` alone."""

from __future__ import annotations

import os

from lightning_fabric.plugins.environments import ClusterEnvironment, SLURMEnvironment

from harness.launched import Launched, step_port


class OfLaunched(ClusterEnvironment):
    """Given to Fabric, so that it does not look for itself: inside a batch script it would take SLURM's
    number of tasks for processes that nobody started."""

    def __init__(self, launched: Launched) -> None:
        self.launched = launched

    @property
    def creates_processes_externally(self) -> bool:
        return True

    @property
    def main_address(self) -> str:
        nodes = os.environ.get("SLURM_STEP_NODELIST", os.environ.get("SLURM_NODELIST"))
        if "MASTER_ADDR" in os.environ or self.launched.by != "srun" or not nodes:
            return os.environ.get("MASTER_ADDR", "127.0.0.1")
        return SLURMEnvironment.resolve_root_node_address(nodes)

    @property
    def main_port(self) -> int:
        return step_port(os.environ)

    @staticmethod
    def detect() -> bool:
        return False

    def world_size(self) -> int:
        return self.launched.world

    def set_world_size(self, size: int) -> None:
        """It is given."""

    def global_rank(self) -> int:
        return self.launched.rank

    def set_global_rank(self, rank: int) -> None:
        """It is given."""

    def local_rank(self) -> int:
        return self.launched.local

    def node_rank(self) -> int:
        return self.launched.machine
