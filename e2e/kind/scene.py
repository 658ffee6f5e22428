"""One test's part of the cluster: a namespace, nodes that are doomed, and what is seen of them."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from e2e.kind.ground import SCENE
from e2e.kind.nodes import give_back, open_by_hand
from e2e.kind.post import Post
from e2e.kind.reading import is_ready, phase_of, uid_of
from e2e.kind.witness import FOLDER, read_life
from e2e.kind.workloads import Workloads
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from e2e.kind.ground import Ground
    from e2e.kind.sightings import Object
    from e2e.kind.witness import Life
    from e2e.kind.workloads import Manifest
    from hack.kind.layout import Worker

OWNERS = "deployments,replicasets,statefulsets,daemonsets,jobs"
CLEARED = "60s"
POLICY = {"apiVersion": "spotdrain.io/v1alpha1", "kind": "SpotPolicy"}


class Scene:
    """A namespace of the test's own on the shared nodes.

    `node` is the Spot worker that most tests are about, `other` the other one; `post` sends events,
    `workloads` describes pods.
    """

    def __init__(self, ground: Ground, namespace: str) -> None:
        """Begin; `open_scene` makes the namespace and tidies up."""
        self.ground, self.namespace = ground, namespace
        self.node, self.other = ground.doomed
        self.post = Post(ground.aws)
        self.workloads = Workloads(namespace, ground.witness)
        self._records_before = ground.records.count
        self._pods_before = ground.pods.count

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - as in subprocess
        """Run kubectl in the namespace."""
        return self.ground.cluster.kubectl(f"--namespace={self.namespace}", *arguments, input=input)

    def run(self, *manifests: Manifest, pods: int) -> None:
        """Create objects and return once so many pods of theirs are Ready."""
        # Those that are there already may be seen once more meanwhile.
        known, since = {uid_of(pod) for pod in self.seen()}, self.ground.pods.count
        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.kubectl("create", "-f", "-", input=json.dumps(items))
        ready: set[str] = set()

        def all_ready(pod: Mapping[str, Any]) -> bool:
            if self.is_mine(pod) and is_ready(pod):
                ready.add(uid_of(pod))
            return len(ready - known) >= pods

        self.ground.pods.wait(f"the {pods} ready pods of {self.namespace}", all_ready, since=since)

    def policy(self, **spec: Any) -> None:
        """Apply the SpotPolicy that selects both doomed nodes; returns once it is accepted."""
        name = self.namespace
        made = {**POLICY, "metadata": {"name": name}, "spec": {"weight": 100, **spec}}
        self.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(made))
        self.kubectl("wait", f"spotpolicy/{name}", "--for=condition=Accepted", "--timeout=60s")

    def record(
        self, what: str, wanted: Callable[[Mapping[str, Any]], bool], node: Worker | None = None
    ) -> Object:
        """Return the first NodeInterruption of a node, `self.node` unless given, that is wanted."""
        name = (node or self.node).instance_id
        return self.ground.records.wait(
            f"the interruption of {name} that {what}",
            lambda found: found["metadata"]["name"] == name and wanted(found),
            since=self._records_before,
        )

    def phase(self, *phases: str, node: Worker | None = None) -> Object:
        """Return the NodeInterruption as it came into one of these phases."""
        return self.record(
            f"is {' or '.join(phases)}", lambda ni: phase_of(ni) in phases, node=node
        )

    def records(self) -> list[Object]:
        """List all that was seen of NodeInterruptions since the scene began."""
        return self.ground.records.all(self._records_before)

    def pods(self, app: str) -> list[Object]:
        """List the pods of an app as each was seen last, in the order in which they came."""
        latest: dict[str, Object] = {}
        for pod in self.seen():
            if pod["metadata"].get("labels", {}).get("app") == app:
                latest[uid_of(pod)] = pod
        return list(latest.values())

    def seen(self) -> list[Object]:
        """List every version of every pod of the namespace, in the order of the API server."""
        return [pod for pod in self.ground.pods.all(self._pods_before) if self.is_mine(pod)]

    def wait_pod(self, what: str, wanted: Callable[[Mapping[str, Any]], bool]) -> Object:
        """Return the first sighting of a pod of the namespace that is wanted."""
        return self.ground.pods.wait(
            f"a pod of {self.namespace} that {what}",
            lambda pod: self.is_mine(pod) and wanted(pod),
            since=self._pods_before,
        )

    def wait_back(self, app: str, old: Collection[str], count: int) -> list[Object]:
        """Return the pods of an app that took the place of old ones, by uid, once all are Ready."""
        ready: dict[str, Object] = {}

        def all_back(pod: Mapping[str, Any]) -> bool:
            mine, uid = pod["metadata"].get("labels", {}).get("app") == app, uid_of(pod)
            if mine and uid not in old and is_ready(pod):
                ready.setdefault(uid, dict(pod))
            return len(ready) >= count

        self.wait_pod(f"is the last of {count} new ones of {app}", all_back)
        return list(ready.values())

    def life(self, pod: str, node: Worker | None = None) -> Life:
        """Read what a pod's log on a node tells, `self.node` unless given."""
        return read_life(self.ground.cluster, (node or self.node).name, self.namespace, pod)

    def is_mine(self, item: Mapping[str, Any]) -> bool:
        """Tell whether an object is of this namespace."""
        return bool(item["metadata"].get("namespace") == self.namespace)

    def close(self) -> None:
        """Take away what the test left: its policy, its records, its fences, its pods and logs."""
        cluster = self.ground.cluster
        cluster.kubectl("delete", "spotpolicy", self.namespace, "--ignore-not-found")
        try:
            give_back(self.ground)
        finally:
            self._clear()
            cluster.kubectl("delete", "namespace", self.namespace, "--wait=false")
            for worker in cluster.workers:
                open_by_hand(self.ground, worker)
                cluster.docker("exec", worker.name, "rm", "-rf", f"{FOLDER}/{self.namespace}")

    def _clear(self) -> None:
        """Have all pods gone: the next test counts those of its nodes."""
        self.kubectl("delete", OWNERS, "--all", "--cascade=orphan")
        self.kubectl("delete", "pods", "--all", "--grace-period=1", "--wait=false")
        # One that was stopping already keeps its first grace (kubernetes/kubernetes#83916).
        with suppress(HackError):
            self.kubectl("wait", "pods", "--all", "--for=delete", f"--timeout={CLEARED}")


@contextmanager
def open_scene(ground: Ground) -> Iterator[Scene]:
    """Give a test a namespace of its own and tidy up behind it."""
    name = f"e2e-{secrets.token_hex(3)}"
    scene = Scene(ground, name)
    ground.cluster.kubectl("create", "namespace", name)
    ground.cluster.kubectl("label", "namespace", name, f"{SCENE}=")
    try:
        yield scene
    finally:
        scene.close()
