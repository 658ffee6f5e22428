"""A kind cluster with real kubelets, also on a machine without a Docker daemon or an image registry."""

from hack.kind.cluster import KindCluster, forget, remove

__all__ = ["KindCluster", "forget", "remove"]
