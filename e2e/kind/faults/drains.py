"""Nodes full of witnesses whose drains meet a fault, and the account of what became of them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from e2e.kind.faults.audit import accepted_calls
from e2e.kind.faults.tally import Account, gaps, repeated
from e2e.kind.nodes import EXCLUDED, TAINT, is_cordoned, is_fenced, read_node
from e2e.kind.reading import condition_of, name_of
from e2e.kind.witness import FOLDER, Life, read_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from e2e.kind.scene import Scene
    from e2e.kind.sightings import Object
    from e2e.kind.workloads import Manifest
    from hack.kind.layout import Worker

WEB = 6
"""Pods a node of one service; its budget lets them go one after the other, as new ones are ready."""

HELD = "held-{}"
"""The pod that keeps a drain from its end, by the number of its node."""

BEHAVIOUR: dict[str, Any] = {"grace": 10, "environment": {"STOPS_AFTER": "2"}}


class Drains:
    """Drains of the doomed nodes, all of which have the same pods.

    `begun` are the times of the notices by node name.
    """

    def __init__(self, scene: Scene, nodes: Sequence[Worker]) -> None:
        """Say which nodes; `fill` starts the pods."""
        self.scene, self.nodes = scene, tuple(nodes)
        self.begun: dict[str, float] = {}

    def fill(self) -> None:
        """Run the pods and return once all are Ready and the budgets have counted them."""
        scene, numbered = self.scene, list(enumerate(self.nodes))
        # The controllers of the cluster may have been away for a moment.
        scene.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=120s")
        pods = [pod for number, node in numbered for pod in self._pods(number, node)]
        scene.run(*pods, pods=len(pods))
        owners = [owner for number, node in numbered for owner in self._owners(number, node)]
        scene.kubectl("create", "-f", "-", input=_listed(owners))
        for number, _ in numbered:
            counted = f"--for=jsonpath={{.status.currentHealthy}}={WEB}"
            scene.kubectl("wait", f"pdb/web-{number}", counted, "--timeout=120s")

    def hold(self) -> None:
        """Run one more pod a node whose budget lets it go after `release` only.

        So no drain is over before that, however quick it is.
        """
        make, held = self.scene.workloads, [HELD.format(n) for n in range(len(self.nodes))]
        named = list(zip(held, self.nodes, strict=True))
        pods = [make.pod(name, node.name, **BEHAVIOUR) for name, node in named]
        budgets = [make.budget(name, minAvailable=1) for name in held]
        self.scene.run(*pods, *budgets, pods=len(pods))

    def release(self) -> None:
        """Let go what `hold` holds."""
        held = [f"pdb/{HELD.format(number)}" for number in range(len(self.nodes))]
        self.scene.kubectl("delete", *held)

    def wait_asked(self) -> None:
        """Wait until the API server has taken note that what was held is to stop."""
        held = {HELD.format(number) for number, _ in enumerate(self.nodes)}
        asked: set[str] = set()

        def all_asked(pod: Mapping[str, Any]) -> bool:
            if "deletionTimestamp" in pod["metadata"]:
                asked.add(name_of(pod))
            return held <= asked

        self.scene.wait_pod("is the last one held that is to stop", all_asked)

    def held_lives(self) -> list[Life]:
        """Read the logs of what was held, in the order of the nodes."""
        named = enumerate(self.nodes)
        return [self.lives(node)[HELD.format(number)] for number, node in named]

    def notice(self, node: Worker) -> None:
        """Send the interruption warning of a node: EC2 gives it two minutes."""
        # Before it is sent: it may be answered at once.
        self.begun[node.name] = time.time()
        self.scene.post.spot(node.instance_id)

    def notice_all(self) -> None:
        """Send those of all nodes."""
        for node in self.nodes:
            self.notice(node)

    def wait_gone(self, node: Worker, pods: int) -> Object:
        """Wait until so many pods of a node are gone, by its record: its drain is under way."""
        return self.scene.record(
            f"tells of {pods} pods that are gone",
            lambda ni: ni.get("status", {}).get("pods", {}).get("gone", 0) >= pods,
            node=node,
        )

    def close(self) -> Account:
        """Wait until the drains are over, check records and fences, and count."""
        account, post = Account(), self.scene.post
        noticed = [node for node in self.nodes if node.name in self.begun]
        drained = [n for n in noticed if self._reached(account, n, "Drained", "Finished")]
        for node in drained:
            # What EC2 does next: the instance goes, and with that the interruption is over.
            post.golden("state-change", node.instance_id)
        for node in drained:
            record = self._reached(account, node, "Finished")
            if record is not None:
                assert condition_of(record, "DeadlineMet").get("status") == "True", record
                account.add(self._count(node))
        post.wait_empty()
        for node in self.scene.ground.cluster.workers:
            self._check_fence(node)
        return account

    def _reached(self, account: Account, node: Worker, *phases: str) -> Object | None:
        """Return the record in one of these phases; one that never comes there is lost."""
        try:
            return self.scene.phase(*phases, node=node)
        except AssertionError as never:
            account.lost.append(str(never))
            return None

    def lives(self, node: Worker) -> dict[str, Life]:
        """Read the logs of all pods that ran on a node, by pod name."""
        folder = f"{FOLDER}/{self.scene.namespace}"
        script = f"cd {folder} && grep --with-filename --invert-match ' beat$' *.log"
        text = self.scene.ground.cluster.docker("exec", node.name, "sh", "-c", script)
        lines: dict[str, list[str]] = {}
        for line in text.splitlines():
            pod, _, rest = line.partition(".log:")
            lines.setdefault(pod, []).append(f"{rest}\n")
        return {pod: Life(read_lines("".join(of_it))) for pod, of_it in lines.items()}

    def _pods(self, number: int, node: Worker) -> list[Manifest]:
        """Describe the pods that run on a node: of a service, and one before and one after it."""
        make, pods = self.scene.workloads, []
        for index in range(WEB):
            member = make.template(f"web-{number}", **BEHAVIOUR)
            member["spec"]["nodeName"] = node.name
            pods.append(make.object("v1", "Pod", f"web-{number}-{index}", **member))
        for name, priority in (("low", "e2e-low"), ("critical", "system-cluster-critical")):
            alone = make.pod(f"{name}-{number}", node.name, priority_class=priority, **BEHAVIOUR)
            pods.append(alone)
        return pods

    def _owners(self, number: int, node: Worker) -> list[Manifest]:
        """Describe what takes the pods of the service for its own, and their budget."""
        make, web, own = self.scene.workloads, f"web-{number}", {"replicas": WEB}
        owner = make.owned("ReplicaSet", web, node.name, own, **BEHAVIOUR)
        return [owner, make.budget(web, maxUnavailable=1)]

    def _count(self, node: Worker) -> Account:
        """Count what the witnesses and the API server say of one drain."""
        lives, scene = self.lives(node), self.scene
        calls = accepted_calls(scene.ground.cluster, scene.namespace)
        here = {pod: moments for pod, moments in calls.items() if pod in lives}
        begun = self.begun[node.name]
        held = HELD.format(self.nodes.index(node))
        moments = [moment for pod, called in here.items() for moment in called if pod != held]
        return Account(
            drains=1,
            pods=len(lives),
            unsignalled=[pod for pod, life in lives.items() if life.first("term") is None],
            twice=sorted({*repeated(here), *_told_twice(lives)}),
            longest=max(gaps(begun, moments)),
        )

    def _check_fence(self, node: Worker) -> None:
        """Check that a node with a notice is closed in every way, and any other in none."""
        found = read_node(self.scene.ground, node)
        doomed = node.name in self.begun
        taints = [taint["key"] for taint in found["spec"].get("taints", ())]
        assert is_cordoned(found) == doomed, node.name
        assert is_fenced(found) == doomed, node.name
        assert taints.count(TAINT) == int(doomed), node.name
        assert (found["metadata"]["labels"].get(EXCLUDED) == "true") == doomed, node.name


def _told_twice(lives: Mapping[str, Life]) -> set[str]:
    return {pod for pod, life in lives.items() if life.times("term") > 1}


def _listed(manifests: Sequence[Manifest]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
