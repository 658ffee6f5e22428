"""Kubernetes, etcd, KWOK and Helm, built from the Go modules in `hack/components`."""

from hack.binaries.build import build_all, path_of
from hack.binaries.catalogue import CLUSTER_PARTS, HELM, Part, part_named

__all__ = ["CLUSTER_PARTS", "HELM", "Part", "build_all", "part_named", "path_of"]
