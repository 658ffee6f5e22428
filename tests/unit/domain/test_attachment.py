"""A VolumeAttachment tells which node holds which volume."""

from __future__ import annotations

from typing import Any

from controller.domain.attachment import AttachmentFacts, attachment_from


def attachment(source: dict[str, Any]) -> dict[str, Any]:
    spec = {"attacher": "ebs.csi.aws.com", "nodeName": "node-1", "source": source}
    return {"metadata": {"name": "csi-3f0c"}, "spec": spec}


def test_a_volume_is_called_by_its_persistent_volume() -> None:
    found = attachment_from(attachment({"persistentVolumeName": "pvc-1"}))
    assert found == AttachmentFacts("node-1", "pvc-1")


def test_one_without_is_called_by_the_attachments_own_name() -> None:
    found = attachment_from(attachment({"inlineVolumeSpec": {"csi": {}}}))
    assert found == AttachmentFacts("node-1", "csi-3f0c")
