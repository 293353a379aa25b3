"""A small cluster of Ray on this machine, whose nodes can be killed."""

import os
import secrets
import shutil
import signal
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.campaign.engines.ray.connection import QUIET

TOKEN = secrets.token_hex(32)  # Ray reads it once in a process
SMALL = 80 * 2**20  # bytes of each node's store
# On a busy machine, nodes would be declared dead after Ray's 15 s.
PATIENT = {"health_check_period_ms": 2000, "health_check_failure_threshold": 12}


class Nodes:
    """Of one CPU each. own: where each gets a folder for its temporary files. The folder is gone with the
    node, and so are the processes that it started; they outlive it otherwise."""

    def __init__(self, cluster, count, own=None):
        self.cluster, self.own, self.folders = cluster, own, {}
        self.there = [self._new() for _ in range(count)]

    @property
    def address(self):
        return self.cluster.address

    def kill_a_busy_one(self):
        """As a machine that loses power, once one of them runs a task."""
        from ray._private.state import available_resources_per_node

        free = available_resources_per_node()
        busy = next(node for node in self.there if free[node.node_id].get("CPU", 0) < 1)
        self.there.remove(busy)
        if self.own:
            self._kill_processes(self.folders[busy.node_id])
        self.cluster.remove_node(busy, allow_graceful=False)
        if self.own:
            shutil.rmtree(self.folders[busy.node_id])

    def add(self):
        self.there.append(self._new())

    def _new(self):
        given = {"num_cpus": 1, "object_store_memory": SMALL, "include_dashboard": False}
        if not self.own:
            return self.cluster.add_node(**given)
        folder = self.own / f"node-{len(self.folders)}"
        folder.mkdir(parents=True)
        node = self.cluster.add_node(**given, env_vars={"TMPDIR": str(folder)})
        self.folders[node.node_id] = folder
        return node

    def _kill_processes(self, folder):
        """Of those that have the folder in their environment, at once: none of them puts anything away."""
        mine = f"TMPDIR={folder}".encode()
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mine in path.read_bytes().split(b"\0") and int(path.parent.name) != os.getpid():
                    os.kill(int(path.parent.name), signal.SIGKILL)


@contextmanager
def ray_cluster(home, count, own=None):
    """home: a folder for Ray's own files. own: see `Nodes`. Who has no token is refused: Ray listens on
    all addresses."""
    before = {**os.environ}
    os.environ |= {**QUIET, "RAY_AUTH_MODE": "token", "HOME": str(home)}
    os.environ["RAY_AUTH_TOKEN"] = TOKEN
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": SMALL, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**head, "_system_config": PATIENT})
    try:
        yield Nodes(cluster, count, own)
    finally:
        cluster.shutdown()
        os.environ.clear()
        os.environ.update(before)
