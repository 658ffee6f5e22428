"""Manifests of pods, and the annotations by which one tells KWOK how they behave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STOP_SECONDS = "spotdrain.io/kwok-stop-seconds"
"""How long the pod takes to stop once it is told to, as a number; 1 without it."""

READY_SECONDS = "spotdrain.io/kwok-ready-seconds"
"""How long after it was scheduled the pod runs and is Ready, as a number; 0 without it."""

UNREADY = "spotdrain.io/kwok-unready"
"""`"true"`: the pod runs and is not Ready."""


def pod_manifest(
    name: str,
    namespace: str = "default",
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **spec: object,
) -> dict[str, Any]:
    """Return a Pod with one container; `spec` are further fields of its spec, by their API names."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": dict(labels or {}),
            "annotations": dict(annotations or {}),
        },
        "spec": {"containers": [{"name": "main", "image": "example.org/main"}], **spec},
    }
