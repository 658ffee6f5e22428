"""Nodes and pods that only have to be there, as large as those of an EKS cluster.

As the API server stores them: with uid, status and managedFields. Nobody plays them, but for the
small pods of `running_of`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_DNS, uuid5

from bench.ground import owned, pod
from bench.interrupted import closed
from hack.nodes import node_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bench.ground import Target
    from controller.domain.times import Instant

NAMESPACE = "bench"
CREATED = "2026-01-01T00:00:00Z"
NODE_KEY, POD_KEY = "/registry/minions", f"/registry/pods/{NAMESPACE}"
BUDGET_KEY = f"/registry/poddisruptionbudgets/{NAMESPACE}"
IMAGES = 50
"""As many as a kubelet tells of at most (--node-status-max-images)."""

ENVIRONMENT = 10
LABELS = {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/instance-type": "m5.4xlarge",
    "beta.kubernetes.io/os": "linux",
    "eks.amazonaws.com/nodegroup": "spot-general-purpose",
    "eks.amazonaws.com/nodegroup-image": "ami-0123456789abcdef0",
    "eks.amazonaws.com/sourceLaunchTemplateId": "lt-0123456789abcdef0",
    "eks.amazonaws.com/sourceLaunchTemplateVersion": "7",
    "k8s.io/cloud-provider-aws": "0123456789abcdef0123456789abcdef",
    "node.kubernetes.io/lifecycle": "spot",
    "topology.k8s.aws/zone-id": "use1-az1",
    "example.com/team": "platform",
    "example.com/workload-class": "general-purpose",
}
ANNOTATIONS = {
    "alpha.kubernetes.io/provided-node-ip": "172.16.12.34",
    "csi.volume.kubernetes.io/nodeid": '{"ebs.csi.aws.com":"i-0123456789abcdef0"}',
    "node.alpha.kubernetes.io/ttl": "300",
    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
}
CONDITIONS = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}  # fmt: skip


TOLERATIONS = [
    {
        "key": f"node.kubernetes.io/{key}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }
    for key in ("not-ready", "unreachable")
]
"""What the API server gives every pod (admission plugin DefaultTolerationSeconds)."""


def conditions(beat: str) -> list[dict[str, str]]:
    """Return what a well kubelet says of its node at a time (RFC 3339)."""
    return [
        {"type": kind, "status": status, "reason": reason, "message": message}
        | {"lastHeartbeatTime": beat, "lastTransitionTime": CREATED}
        for kind, (status, reason, message) in CONDITIONS.items()
    ]


def node_object(target: Target, uid: str) -> dict[str, Any]:
    """Return a Node of about 15 KB; KWOK does not play it."""
    zone = f"us-east-1{'abc'[int(uid[-1], 16) % 3]}"
    found = node_manifest(target.node, target.instance_id, zone, "m5.4xlarge", labels=LABELS)
    meta, status = found["metadata"], found["status"]
    fields = {"f:metadata": _owned(meta), "f:status": {"f:conditions": dict.fromkeys(CONDITIONS)}}
    meta |= {"uid": uid, "creationTimestamp": CREATED, "annotations": dict(ANNOTATIONS)}
    meta["managedFields"] = [_managed("kubelet", fields)]
    status |= {"conditions": conditions(CREATED), "images": _images()}
    status["daemonEndpoints"] = {"kubeletEndpoint": {"Port": 10250}}
    return found


def pod_object(name: str, node: str, uid: str, app: str) -> dict[str, Any]:
    """Return a running Pod of a Deployment, with two containers, of about 5.7 KB."""
    labels = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop", "app": app}
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6d4cf56db6"}
    reference |= {"uid": "00000000-0000-4000-8000-00000000feed"}
    containers = [_container("main"), _container("proxy")]
    fields = {"f:metadata": _owned({"labels": labels}), "f:spec": _owned({"containers": {}})}
    fields |= {f"f:env-{n}": {"k:name": {".": {}, "f:name": {}}} for n in range(ENVIRONMENT)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": uid,
            "creationTimestamp": CREATED,
            "labels": labels,
            "annotations": {"prometheus.io/scrape": "true", "example.com/checksum": "f00d" * 16},
            "ownerReferences": [reference | {"controller": True, "blockOwnerDeletion": True}],
            "managedFields": [
                _managed("kube-controller-manager", fields),
                _managed("kubelet", fields),
            ],
        },
        "spec": {
            "nodeName": node,
            "containers": containers,
            "serviceAccountName": "default",
            "volumes": [
                {"name": "config", "configMap": {"name": "web"}},
                {"name": "token", "projected": {"sources": [{"configMap": {"name": "ca"}}]}},
            ],
            "tolerations": TOLERATIONS,
        },
        "status": {
            "phase": "Running",
            "podIP": "10.1.2.3",
            "startTime": CREATED,
            "conditions": _well(),
            "containerStatuses": [_running(one) for one in containers],
        },
    }


def nodes_of(found: Sequence[Target], closed_at: Instant | None) -> Iterator[tuple[str, str]]:
    """Write nodes for etcd: key and JSON; closed because of a notice, if a time is given."""
    for target in found:
        node = node_object(target, uid_of(target))
        if closed_at is not None:
            node = closed(node, target, closed_at)
        yield f"{NODE_KEY}/{target.node}", json.dumps(node)


def pods_of(found: Sequence[Target], count: int, share: int = 0) -> Iterator[tuple[str, str]]:
    """Write `count` pods for etcd, spread evenly over the nodes.

    With a share the pods of each so many nodes have a label `app` of their own: `web-0` and so on.
    """
    # A hundred thousand are written in seconds when only what differs is filled in.
    form = json.dumps(pod_object("@name@", "@node@", "@uid@", "@app@"))
    for number in range(count):
        target = found[number % len(found)]
        name = f"{target.node}-{number // len(found)}"
        uid = f"00000000-0000-4001-{number >> 32:04x}-{target.instance_id[-7:]}{number // len(found):05x}"
        app = f"web-{number % len(found) // share}" if share else "web"
        text = (
            form.replace("@app@", app)
            .replace("@name@", name)
            .replace("@node@", target.node)
            .replace("@uid@", uid)
        )
        yield f"{POD_KEY}/{name}", text


def running_of(
    places: Iterable[tuple[str, str]], owner: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """Write pods for etcd, as small as `ground.pod` makes them and KWOK has them run."""
    for name, node in places:
        found = owned(pod(name, node), owner)
        uid = str(uuid5(NAMESPACE_DNS, name))
        found["metadata"] |= {"uid": uid, "creationTimestamp": CREATED}
        found["spec"] |= {"serviceAccountName": "default", "tolerations": TOLERATIONS}
        found["status"] = {
            "phase": "Running",
            "startTime": CREATED,
            "conditions": _well(),
            "containerStatuses": [_running(one) for one in found["spec"]["containers"]],
        }
        yield f"{POD_KEY}/{name}", json.dumps(found)


def budget_of(app: str, pods: int) -> tuple[str, str]:
    """Write a budget for etcd that lets none of its pods go: one of them is not healthy."""
    counts = {"currentHealthy": pods - 1, "desiredHealthy": pods - 1, "expectedPods": pods}
    content = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": app,
            "namespace": NAMESPACE,
            "uid": str(uuid5(NAMESPACE_DNS, app)),
            "creationTimestamp": CREATED,
            "generation": 1,
        },
        "spec": {"minAvailable": pods - 1, "selector": {"matchLabels": {"app": app}}},
        "status": {**counts, "disruptionsAllowed": 0, "observedGeneration": 1},
    }
    return f"{BUDGET_KEY}/{app}", json.dumps(content)


def uid_of(target: Target) -> str:
    """Give a node its uid: the same instance, the same uid."""
    return f"00000000-0000-4000-8000-{target.instance_id[-12:]}"


def _images() -> list[dict[str, Any]]:
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    return [
        {
            "names": [
                f"{registry}/team/service-{number:02}@sha256:{number:064x}",
                f"{registry}/team/service-{number:02}:v1.{number}.0",
            ],
            "sizeBytes": 100_000_000 + number,
        }
        for number in range(IMAGES)
    ]


def _container(name: str) -> dict[str, Any]:
    amounts = {"cpu": "100m", "memory": "128Mi"}
    return {
        "name": name,
        "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/{name}:v1.2.3",
        "env": [{"name": f"SETTING_{n}", "value": f"value-{n}"} for n in range(ENVIRONMENT)],
        "resources": {"requests": amounts, "limits": amounts},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/web", "readOnly": True}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 10},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


def _well() -> list[dict[str, str]]:
    return [
        {"type": kind, "status": "True", "lastTransitionTime": CREATED}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]


def _running(container: dict[str, Any]) -> dict[str, Any]:
    named = {key: container[key] for key in ("name", "image")}
    return {
        **named,
        "imageID": f"{named['image']}@sha256:{'0' * 64}",
        "containerID": f"containerd://{'0' * 64}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": CREATED}},
    }


def _owned(part: dict[str, Any]) -> dict[str, Any]:
    return {f"f:{key}": {".": {}} for key in part}


def _managed(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": CREATED,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
