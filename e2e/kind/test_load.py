"""A Service under constant load whose pods are all on the doomed node: no request is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.reading import name_of, node_of, uid_of
from e2e.kind.workloads import PORT, hook

if TYPE_CHECKING:
    from e2e.kind.scene import Scene
    from e2e.kind.witness import Life

HOOK_SECONDS = 25.0
"""How long a pod that is to stop still serves: until every kube-proxy has heard of it."""

GRACE = 45
PATIENT = {"periodSeconds": 1, "timeoutSeconds": 10, "failureThreshold": 10}
"""So that a machine that stands still for a while does not take a pod out of its Service."""

SERVES = {"PORT": str(PORT), "WORK": "0.05"}
LOAD = ["python3", "-S", "-E", "/witness/load.py"]


def test_a_service_loses_no_request_while_both_of_its_pods_move(scene: Scene) -> None:
    container = {
        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}, **PATIENT},
        **hook(HOOK_SECONDS),
    }
    shop = {"grace": GRACE, "environment": SERVES, "container": container}
    scene.run(
        scene.workloads.owned("Deployment", "shop", scene.node.name, {"replicas": 2}, **shop),
        scene.workloads.budget("shop", minAvailable=1),
        scene.workloads.service("shop"),
        pods=2,
    )
    pods = scene.pods("shop")
    old = {name_of(pod) for pod in pods}
    assert {node_of(pod) for pod in pods} == {scene.node.name}
    address = scene.kubectl("get", "service", "shop", "--output=jsonpath={.spec.clusterIP}")
    asks = {"HOST": address, "PORT": str(PORT), "CALLERS": "4", "PAUSE": "0.02"}
    home = scene.ground.home
    # It is Ready once both have answered, so that the load is there when the notice comes.
    answered = " && ".join(f"grep -q '200 {name}' /var/log/witness/load.log" for name in old)
    probe = {"exec": {"command": ["sh", "-c", answered]}, "periodSeconds": 1}
    load = {"environment": asks, "container": {"command": LOAD, "readinessProbe": probe}}
    scene.run(scene.workloads.pod("load", home.name, **load), pods=1)

    scene.post.spot(scene.node.instance_id)
    record = scene.phase("Drained")
    scene.wait_back("shop", [uid_of(pod) for pod in pods], 2)
    scene.kubectl("delete", "pod", "load", "--wait")

    answers = scene.life("load", home)
    assert [line for line in answers.lines if not line.what.startswith("200 ")] == []
    assert {line.what.split()[1] for line in answers.lines} >= old
    for name in old:
        assert served_to_the_end(scene.life(name), answers, name)
    assert record["status"]["pods"].get("forced", 0) == 0


def served_to_the_end(pod: Life, answers: Life, name: str) -> bool:
    """Tell whether there was load while a pod was going, and none was still sent when it went.

    Without requests in that time the test would prove nothing.
    """
    begun = pod.first("prestop")
    assert begun is not None
    going = [line for line in answers.lines if begun <= line.at <= pod.end]
    last = max(line.at for line in answers.lines if line.what == f"200 {name}")
    return len(going) > HOOK_SECONDS and last <= pod.end
