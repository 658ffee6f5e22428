"""Two nodes go at once: no pod hops from one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.reading import condition_of, deadline_of, name_of, node_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from e2e.kind.scene import Scene


def test_the_pods_of_two_doomed_nodes_go_to_a_third_one(scene: Scene) -> None:
    homes = {"left": scene.node, "right": scene.other}
    scene.run(
        *(
            scene.workloads.owned("Deployment", app, worker.name, {"replicas": 2})
            for app, worker in homes.items()
        ),
        # Nobody goes before both nodes are closed: the second notice may be late on a busy machine.
        *(scene.workloads.budget(app, minAvailable=2) for app in homes),
        pods=4,
    )
    old = {app: scene.pods(app) for app in homes}
    for app in homes:
        counted = "--for=jsonpath={.status.currentHealthy}=2"
        scene.kubectl("wait", f"pdb/{app}", counted, "--timeout=120s")

    for worker in homes.values():
        scene.post.spot(worker.instance_id)
    for worker in homes.values():
        scene.record("tells that its node is closed", is_closed, node=worker)
    scene.kubectl("delete", *(f"pdb/{app}" for app in homes))
    records = [scene.phase("Drained", node=worker) for worker in homes.values()]
    new = [pod for app in homes for pod in scene.wait_back(app, [uid_of(p) for p in old[app]], 2)]

    assert {node_of(pod) for pod in new} == {scene.ground.home.name}
    # Nobody started on the other doomed node in between.
    assert [len(scene.pods(app)) for app in homes] == [4, 4]
    for app, worker in homes.items():
        assert [node_of(pod) for pod in old[app]] == [worker.name, worker.name]
        for pod in old[app]:
            life = scene.life(name_of(pod), worker)
            assert (life.times("term"), life.times("end")) == (1, 1)
            assert life.end < min(deadline_of(record) for record in records)


def is_closed(record: Mapping[str, Any]) -> bool:
    """Tell whether the node of an interruption takes no new pods."""
    return condition_of(record, "Fenced").get("status") == "True"
