"""A SpotPolicy for one test's node."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.integration.stage import Stage


@contextmanager
def policy(stage: Stage, spec: Mapping[str, Any]) -> Iterator[None]:
    """Have a policy with this spec select the node of a stage, and no other; accepted on entry."""
    apply(stage, spec)
    wanted = (f"spotpolicy/{stage.node_name}", "--for=condition=Accepted", "--timeout=60s")
    stage.cluster.kubectl("wait", *wanted)
    yield
    stage.cluster.kubectl("delete", "spotpolicy", stage.node_name)


def apply(stage: Stage, spec: Mapping[str, Any]) -> None:
    """Write the policy of a stage's node, or change it to this."""
    selector = {"matchLabels": {"kubernetes.io/hostname": stage.node_name}}
    about = {"apiVersion": "spotdrain.io/v1alpha1", "kind": "SpotPolicy"}
    whole = {"weight": 100, "nodeSelector": selector, **spec}
    stage.cluster.apply([{**about, "metadata": {"name": stage.node_name}, "spec": whole}])
