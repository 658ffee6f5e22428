"""kind's configuration file for a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hack.cluster.servers import CONFIG

if TYPE_CHECKING:
    from hack.kind.layout import Layout, Worker

AUDIT_POLICY = CONFIG / "audit-policy.yaml"
AUDIT_FOLDER = "/etc/kubernetes/audit"
"""In the control plane's node: the policy lies there, and in its folder `log` what is written."""
AUDIT_LOG = f"{AUDIT_FOLDER}/log/audit.log"

KUBEADM = {"group": "kubeadm.k8s.io", "version": "v1beta4"}
PROVIDER_ID = "/nodeRegistration/kubeletExtraArgs/1/value"
"""Where kind's kubeadm configuration has the provider id, behind the node's address."""

OWN_IMAGE_SETTINGS: dict[str, Any] = {
    # A root that lacks a capability is to the kubelet what a user namespace is.
    "featureGates": {"KubeletInUserNamespace": True},
    "kubeadmConfigPatches": [
        "kind: KubeletConfiguration\nfailCgroupV1: false\noomScoreAdj: 0\n",
        "kind: KubeProxyConfiguration\noomScoreAdj: 0\nconntrack: {maxPerCore: 0, min: 0}\n",
    ],
}
"""What the node image of this project needs on such a machine; kind's own needs none of it."""


def kind_config(layout: Layout, *, own_image: bool) -> dict[str, Any]:
    """Return the configuration of one control plane, whose API server is audited, and the workers.

    The own image brings its audit policy; kind's gets it from this machine's disk.
    """
    mount = {"hostPath": str(AUDIT_POLICY), "containerPath": f"{AUDIT_FOLDER}/policy.yaml"}
    control_plane = {
        "role": "control-plane",
        "kubeadmConfigPatchesJSON6902": [_patch("ClusterConfiguration", _audit())],
        **({} if own_image else {"extraMounts": [{**mount, "readOnly": True}]}),
    }
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        **(OWN_IMAGE_SETTINGS if own_image else {}),
        "networking": {
            "disableDefaultCNI": own_image or layout.bare,
            **({"kubeProxyMode": "none"} if layout.bare else {}),
        },
        "nodes": [control_plane, *(_worker(worker) for worker in layout.workers)],
    }


def _audit() -> list[dict[str, Any]]:
    """Return what makes kubeadm's API server write an audit log."""
    arguments = {
        "audit-policy-file": f"{AUDIT_FOLDER}/policy.yaml",
        "audit-log-path": AUDIT_LOG,
    }
    volume = {"name": "audit", "hostPath": AUDIT_FOLDER, "mountPath": AUDIT_FOLDER}
    return [
        *(
            {
                "op": "add",
                "path": "/apiServer/extraArgs/-",
                "value": {"name": name, "value": value},
            }
            for name, value in arguments.items()
        ),
        {
            "op": "add",
            "path": "/apiServer/extraVolumes",
            "value": [{**volume, "pathType": "DirectoryOrCreate"}],
        },
    ]


def _worker(worker: Worker) -> dict[str, Any]:
    provider = {"op": "replace", "path": PROVIDER_ID, "value": worker.provider_id}
    return {
        "role": "worker",
        "labels": worker.labels,
        "kubeadmConfigPatchesJSON6902": [_patch("JoinConfiguration", [provider])],
    }


def _patch(kind: str, operations: list[dict[str, Any]]) -> dict[str, str]:
    return {**KUBEADM, "kind": kind, "patch": json.dumps(operations)}
