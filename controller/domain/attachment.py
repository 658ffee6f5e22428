"""What we know of a VolumeAttachment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class AttachmentFacts(NamedTuple):
    """A volume that an instance holds or is about to; `volume` is its PersistentVolume."""

    node_name: str
    volume: str


def attachment_from(obj: Mapping[str, Any]) -> AttachmentFacts:
    """Reduce a storage.k8s.io/v1 VolumeAttachment to its facts.

    One without a PersistentVolume, for a volume written into a pod, is called by its own name.
    """
    meta, spec = obj.get("metadata") or {}, obj.get("spec") or {}
    volume = (spec.get("source") or {}).get("persistentVolumeName")
    return AttachmentFacts(spec.get("nodeName", ""), volume or meta.get("name", ""))
