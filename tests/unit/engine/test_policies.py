"""The policy of a node is chosen once, and anew when the node or a policy has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from controller.domain.policy import Policy
from controller.engine.policies import Policies
from tests.builders import node

NOBODY = cast("Any", None)


def selecting(team: str) -> dict[str, Any]:
    """Write a SpotPolicy for the nodes of a team."""
    selector = {"matchLabels": {"team": team}}
    return {"metadata": {"name": team}, "spec": {"nodeSelector": selector}}


def test_a_policy_that_comes_changes_or_goes_counts_at_once() -> None:
    policies = Policies(NOBODY, NOBODY, lambda: 0.0, lambda _: True)
    found = node(labels={"team": "web"})
    assert policies.of(found) == policies.of(found) == Policy()

    policies.put("web", selecting("web"))
    assert policies.of(found).name == "web"

    policies.put("web", None)
    assert policies.of(found) == Policy()


def test_a_node_with_other_labels_has_another_policy() -> None:
    policies = Policies(NOBODY, NOBODY, lambda: 0.0, lambda _: True)
    for team in ("web", "batch"):
        policies.put(team, selecting(team))
    found = node(labels={"team": "web"})

    assert policies.of(found).name == "web"
    assert policies.of(replace(found, labels={"team": "batch"})).name == "batch"
