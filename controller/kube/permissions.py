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


NEEDED = tuple(
    Permission(verb, group, resource)
    for group, resource, verbs in (
        ("", "nodes", "get list watch patch"),
        ("", "pods", "list watch delete"),
        ("", "pods/eviction", "create"),
        ("", "pods/status", "patch"),
        ("policy", "poddisruptionbudgets", "list watch"),
        ("spotdrain.io", "spotpolicies", "list watch"),
        ("spotdrain.io", "spotpolicies/status", "patch"),
        ("spotdrain.io", "nodeinterruptions", "get list watch create patch delete"),
        ("spotdrain.io", "nodeinterruptions/status", "patch"),
        ("events.k8s.io", "events", "create"),
    )
    for verb in verbs.split()
)


async def missing(api: Api) -> list[Permission]:
    """List what of the needed is not allowed; raises ClusterError when nobody answers."""
    allowed = await asyncio.gather(*(_allowed(api, permission) for permission in NEEDED))
    return [p for p, answer in zip(NEEDED, allowed, strict=True) if not answer]


def sentence(permissions: list[Permission]) -> str:
    """Say what is missing and what to do."""
    names = "; ".join(
        f"{', '.join(p.verb for p in alike)} {resource}{f'.{group}' if group else ''}"
        for (group, resource), alike in groupby(permissions, lambda p: (p.group, p.resource))
    )
    return f"not allowed to {names}: bind the ClusterRole of the chart to this ServiceAccount"


async def _allowed(api: Api, permission: Permission) -> bool:
    resource, _, subresource = permission.resource.partition("/")
    attributes = {
        "verb": permission.verb,
        "group": permission.group,
        "resource": resource,
        "subresource": subresource,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = (await api.request("POST", PATH, body=body)).json()
    return bool(answer["status"]["allowed"])
