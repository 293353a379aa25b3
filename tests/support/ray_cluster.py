"""A small cluster of Ray on this machine, whose nodes can be killed."""

import os
import secrets
from contextlib import contextmanager

from harness.campaign.engines.ray.connection import QUIET

SMALL = 80 * 2**20  # bytes of each node's store
# On a busy machine, nodes would be declared dead after Ray's 15 s.
PATIENT = {"health_check_period_ms": 2000, "health_check_failure_threshold": 12}


class Nodes:
    """Of one CPU each."""

    def __init__(self, cluster, count):
        self.cluster = cluster
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
        self.cluster.remove_node(busy, allow_graceful=False)

    def add(self):
        self.there.append(self._new())

    def _new(self):
        return self.cluster.add_node(num_cpus=1, object_store_memory=SMALL, include_dashboard=False)


@contextmanager
def ray_cluster(home, count):
    """home: a folder for Ray's own files. Who has no token is refused: Ray listens on all addresses."""
    before = {**os.environ}
    os.environ |= {**QUIET, "RAY_AUTH_MODE": "token", "HOME": str(home)}
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": SMALL, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**head, "_system_config": PATIENT})
    try:
        yield Nodes(cluster, count)
    finally:
        cluster.shutdown()
        os.environ.clear()
        os.environ.update(before)
