"""A local Kubernetes cluster of real parts: `from hack.cluster import LocalCluster`."""

from hack.cluster.local import LocalCluster
from hack.errors import HackError

__all__ = ["HackError", "LocalCluster"]
