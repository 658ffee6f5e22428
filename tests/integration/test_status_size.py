"""The largest status that a drain can have to tell is taken by the API server, and by etcd."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from controller.domain.interruption import Phase
from controller.domain.verdict import Verdict
from controller.drain.bounding import MAX_BYTES, size_of
from tests.worst_case import PODS, full_status

if TYPE_CHECKING:
    from hack.cluster import LocalCluster


def test_a_full_node_with_the_longest_names_and_sentences_is_stored_whole(
    cluster: LocalCluster,
) -> None:
    name = f"i-{secrets.token_hex(8)}"
    notice = {"id": "a", "kind": "SpotInterruption", "time": "2026-01-02T03:04:05Z"}
    record = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "NodeInterruption",
        "metadata": {"name": name},
        "spec": {"instanceID": name, "notices": [notice]},
    }
    cluster.apply([record])
    status = full_status(Phase.FINISHED, Verdict("Refused", "é" * 5000))

    cluster.kubectl(
        "patch", "ni", name, "--subresource=status", "--type=merge", "--patch-file=/dev/stdin",
        input=json.dumps({"status": status}),
    )  # fmt: skip
    stored = json.loads(cluster.kubectl("get", "ni", name, "-o", "json", "--show-managed-fields"))
    cluster.kubectl("delete", "ni", name)

    assert stored["status"] == {k: v for k, v in status.items() if v is not None}
    assert len(stored["status"]["timeline"]) == PODS
    assert size_of(stored) <= MAX_BYTES + 8192
