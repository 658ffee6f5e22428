"""What the controller may do, asked of the API server before the first notice."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from controller.kube.api import Api

PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Permission(NamedTuple):
    """One verb on one resource; `resource` may carry a subresource after a slash."""

    verb: str
    group: str
    resource: str


def _permissions(*rules: tuple[str, str, str]) -> tuple[Permission, ...]:
    return tuple(
        Permission(verb, group, resource)
        for group, resource, verbs in rules
        for verb in verbs.split()
    )


NEEDED = _permissions(
    ("", "nodes", "get list watch patch"),
    ("", "pods", "list watch delete"),
    ("", "pods/eviction", "create"),
    ("", "pods/status", "patch"),
    ("policy", "poddisruptionbudgets", "list watch"),
    ("", "services", "list watch"),
    ("apps", "daemonsets", "list watch"),
    ("storage.k8s.io", "volumeattachments", "list watch"),
    ("spotdrain.io", "spotpolicies", "list watch"),
    ("spotdrain.io", "spotpolicies/status", "patch"),
    ("spotdrain.io", "nodeinterruptions", "get list watch create patch delete"),
    ("spotdrain.io", "nodeinterruptions/status", "patch"),
    ("events.k8s.io", "events", "create patch"),
)
"""In the whole cluster."""

NEEDED_AT_HOME = _permissions(("coordination.k8s.io", "leases", "list watch create patch delete"))
"""In our own namespace."""


async def missing(api: Api, namespace: str) -> list[str]:
    """Say in sentences what is not allowed and what to do; raises ClusterError without an answer."""
    everywhere, at_home = await asyncio.gather(
        _denied(api, NEEDED, ""), _denied(api, NEEDED_AT_HOME, namespace)
    )
    sentences = (
        _sentence(everywhere, "", "ClusterRole"),
        _sentence(at_home, f" in namespace {namespace}", "Role"),
    )
    return [sentence for sentence in sentences if sentence]


def _sentence(denied: list[Permission], where: str, role: str) -> str:
    if not denied:
        return ""
    names = "; ".join(
        f"{', '.join(p.verb for p in alike)} {resource}{f'.{group}' if group else ''}"
        for (group, resource), alike in groupby(denied, lambda p: (p.group, p.resource))
    )
    return f"not allowed to {names}{where}: bind the {role} of the chart to this ServiceAccount"


async def _denied(api: Api, needed: tuple[Permission, ...], namespace: str) -> list[Permission]:
    answers = await asyncio.gather(*(_allowed(api, p, namespace) for p in needed))
    return [p for p, allowed in zip(needed, answers, strict=True) if not allowed]


async def _allowed(api: Api, permission: Permission, namespace: str) -> bool:
    resource, _, subresource = permission.resource.partition("/")
    attributes = {
        "verb": permission.verb,
        "group": permission.group,
        "resource": resource,
        "subresource": subresource,
        "namespace": namespace,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = (await api.request("POST", PATH, body=body)).json()
    return bool(answer["status"]["allowed"])
