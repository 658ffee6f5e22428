"""A disk of a CSI driver whose attacher is the test; all else about it is Kubernetes' own.

The PersistentVolume controller binds the claim. The attach-detach controller creates the
VolumeAttachment for the pod, tells the disk in the node's `status.volumesAttached` once the attacher
says so, and deletes the VolumeAttachment when the pod is gone or by force.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.integration.stage import Stage

DRIVER = "disk.example.com"
ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
MANAGED = "volumes.kubernetes.io/controller-managed-attach-detach=true"
HOLD = {"metadata": {"finalizers": ["external-attacher/disk-example-com"]}}


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk of a stage's namespace, claimed by `claim`."""

    stage: Stage
    claim: str

    @property
    def name(self) -> str:
        """The PersistentVolume's name and the disk's own: the namespace makes it unique."""
        return f"{self.stage.namespace}-{self.claim}"

    @property
    def on_node(self) -> str:
        """How the node's status names it: the attach-detach controller's word, not the driver's."""
        return f"kubernetes.io/csi/{DRIVER}^{self.name}"

    def create(self) -> None:
        """Create volume and claim, and let the node's attaching be the controller's, as kubelet does."""
        size = {"storage": "1Gi"}
        shared = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
        meta = {"namespace": self.stage.namespace, "name": self.claim}
        volume = {
            **shared,
            "capacity": size,
            "persistentVolumeReclaimPolicy": "Retain",
            "csi": {"driver": DRIVER, "volumeHandle": self.name},
            "claimRef": meta,
        }
        claim = {**shared, "resources": {"requests": size}, "volumeName": self.name}
        self.stage.cluster.apply(
            [
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {"name": self.name},
                    "spec": volume,
                },
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": meta,
                    "spec": claim,
                },
            ]
        )
        self.stage.cluster.kubectl("annotate", "node", self.stage.node_name, MANAGED, "--overwrite")

    def mounted_by(self, pod: dict[str, Any]) -> dict[str, Any]:
        """Give the pod the disk."""
        volume = {"name": self.claim, "persistentVolumeClaim": {"claimName": self.claim}}
        return {**pod, "spec": {**pod["spec"], "volumes": [volume]}}

    def attach(self) -> None:
        """Attach it, as the driver's attacher does; returns once the node's status names it."""
        name = self._attachment(lambda _: True)["metadata"]["name"]
        self._patch(name, HOLD)
        self._patch(name, {"status": {"attached": True}}, "--subresource=status")
        self.stage.wait_node(lambda node: self.on_node in volumes_of(node))

    def stay_mounted(self) -> None:
        """Have the kubelet's last word be that it is mounted: it is not detached for six minutes."""
        patch = json.dumps({"status": {"volumesInUse": [self.on_node]}})
        command = ("patch", "node", self.stage.node_name, "--subresource=status", "--type=merge")
        self.stage.cluster.kubectl(*command, f"--patch={patch}")

    @property
    def kept(self) -> bool:
        """Whether nobody has asked yet for it to be detached."""
        return "deletionTimestamp" not in self._attachment(lambda _: True)["metadata"]

    def detach(self) -> None:
        """Detach it, as the attacher does once the controller has asked for it."""
        asked = self._attachment(lambda found: "deletionTimestamp" in found["metadata"])
        self._patch(asked["metadata"]["name"], {"metadata": {"finalizers": None}})

    def forget(self) -> None:
        """Delete the PersistentVolume; the claim goes with its namespace."""
        self.stage.cluster.kubectl("delete", "pv", self.name, "--wait=false")

    def _attachment(self, wanted: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        source = {"persistentVolumeName": self.name}
        return self.stage.wait_object(
            ATTACHMENTS, lambda found: found["spec"]["source"] == source and wanted(found)
        )

    def _patch(self, name: str, patch: Mapping[str, Any], *flags: str) -> None:
        command = (
            "patch",
            "volumeattachment",
            name,
            "--type=merge",
            f"--patch={json.dumps(patch)}",
        )
        self.stage.cluster.kubectl(*command, *flags)


def volumes_of(node: Mapping[str, Any]) -> list[str]:
    """List what the node's status names as attached."""
    return [volume["name"] for volume in node["status"].get("volumesAttached") or ()]
