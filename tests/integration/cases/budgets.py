"""PodDisruptionBudgets of any shape, and what the disruption controller says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}


def path(stage: Stage) -> str:
    """Name the collection of the budgets of a stage's namespace."""
    return f"/apis/policy/v1/namespaces/{stage.namespace}/poddisruptionbudgets"


def make(stage: Stage, name: str, **spec: Any) -> None:
    """Create a budget and wait until the disruption controller has looked at it."""
    manifest = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": stage.namespace},
        "spec": spec,
    }
    stage.cluster.create_all(path(stage), [manifest])
    for found in stage.cluster.follow(path(stage)):
        if found["metadata"]["name"] == name and found.get("status", {}).get("observedGeneration"):
            return


def select(**labels: str) -> dict[str, Any]:
    """Write a selector by labels."""
    return {"matchLabels": labels}


def edit(stage: Stage, name: str, **spec: Any) -> None:
    """Change fields of a budget's spec."""
    patch = json.dumps({"spec": spec})
    stage.cluster.kubectl(
        *(
            "patch",
            "pdb",
            name,
            f"--namespace={stage.namespace}",
            "--type=merge",
            f"--patch={patch}",
        )
    )


def read(stage: Stage, name: str) -> dict[str, Any]:
    """Read a budget."""
    answer: dict[str, Any] = json.loads(
        stage.cluster.kubectl("get", "pdb", name, f"--namespace={stage.namespace}", "-o", "json")
    )
    return answer
