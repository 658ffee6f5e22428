"""Kubernetes, etcd, kind, Helm and others, built from the Go modules in `hack/components`."""

from hack.binaries.build import build_all, path_of
from hack.binaries.catalogue import (
    CHART_PARTS,
    CLUSTER_PARTS,
    HELM,
    KIND,
    NODE_PARTS,
    PROMTOOL,
    Part,
    part_named,
)
from hack.binaries.modules import module_folder

__all__ = [
    "CHART_PARTS",
    "CLUSTER_PARTS",
    "HELM",
    "KIND",
    "NODE_PARTS",
    "PROMTOOL",
    "Part",
    "build_all",
    "module_folder",
    "part_named",
    "path_of",
]
