"""A budget that opens: its pod leaves when the replacement of another one is ready, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.reading import name_of, node_of, ready_since, uid_of
from e2e.kind.witness import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from e2e.kind.scene import Scene
    from hack.kind.layout import Worker

OPEN = "open"
"""A file beside the logs of a node: without it no pod of the test is Ready there."""

WHOLE_SECOND = 1.0
"""The API server's times have whole seconds."""


def test_a_pod_waits_until_the_replacement_of_its_sibling_is_ready(scene: Scene) -> None:
    node = scene.node.name
    probe = {"exec": {"command": ["test", "-e", f"/var/log/witness/{OPEN}"]}, "periodSeconds": 1}
    let_serve(scene, scene.node)
    scene.run(
        scene.workloads.owned(
            "Deployment", "web", node, {"replicas": 2}, container={"readinessProbe": probe}
        ),
        scene.workloads.budget("web", minAvailable=1),
        pods=2,
    )
    old = scene.pods("web")
    scene.kubectl(
        "wait", "pdb/web", "--for=jsonpath={.status.disruptionsAllowed}=1", "--timeout=120s"
    )

    scene.post.spot(scene.node.instance_id)
    scene.record("has a blocked pod", lambda ni: any(map(is_blocked, waiting_of(ni))))
    for worker in (scene.other, scene.ground.home):
        let_serve(scene, worker)
    record = scene.phase("Drained")
    new = scene.wait_back("web", [uid_of(pod) for pod in old], 2)

    assert [node_of(pod) for pod in old] == [node, node]
    first, second = sorted(scene.life(name_of(pod)).term for pod in old)
    replaced = min(ready_since(pod) for pod in new)
    assert first - WHOLE_SECOND < replaced <= second + WHOLE_SECOND
    assert node not in map(node_of, new)
    assert record["status"]["pods"].get("forced", 0) == 0


def let_serve(scene: Scene, worker: Worker) -> None:
    """Let the pods of the test become Ready on a node."""
    folder = f"{FOLDER}/{scene.namespace}"
    script = f"mkdir -p {folder} && touch {folder}/{OPEN}"
    scene.ground.cluster.docker("exec", worker.name, "sh", "-c", script)


def waiting_of(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """List what the status tells of pods that wait."""
    found: Sequence[Mapping[str, Any]] = record.get("status", {}).get("waiting", ())
    return found


def is_blocked(entry: Mapping[str, Any]) -> bool:
    """Tell whether a pod waits for its budget."""
    return str(entry["state"]) == "Blocked"
