"""A cordon of ours that is gone was taken away by somebody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.domain.node import node_from
from controller.domain.policy import Action, FencePolicy
from controller.drain.fence import fence_patch
from controller.drain.uncordoning import cordoned_again, uncordoned_by_hand
from tests.builders import INSTANCE, T0


def closed(
    obj: dict[str, Any] | None = None, action: Action = Action.DRAIN
) -> tuple[dict[str, Any], bool]:
    """Close a node; returns it, and whether there was anything to do."""
    found = obj or {"metadata": {"name": "node-1"}, "spec": {}}
    patch = fence_patch(node_from(found), FencePolicy(), action, INSTANCE, T0)
    if patch is None:
        return found, False
    meta = found["metadata"] | patch["metadata"]
    return {"metadata": meta, "spec": found["spec"] | patch.get("spec", {})}, True


def uncordoned(obj: dict[str, Any]) -> dict[str, Any]:
    return obj | {"spec": obj["spec"] | {"unschedulable": False}}


def test_a_node_that_we_have_closed_is_not_opened() -> None:
    node, _ = closed()
    assert not uncordoned_by_hand(node_from(node))


def test_a_node_that_was_uncordoned_since_is() -> None:
    node, _ = closed()
    assert uncordoned_by_hand(node_from(uncordoned(node)))


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param({"metadata": {}, "spec": {}}, id="never-closed"),
        pytest.param(closed(action=Action.TAINT)[0], id="only-tainted"),
        pytest.param(
            uncordoned(closed({"metadata": {}, "spec": {"unschedulable": True}})[0]),
            id="a-cordon-that-was-not-ours",
        ),
    ],
)
def test_a_cordon_that_was_never_ours_tells_nothing(obj: dict[str, Any]) -> None:
    assert not uncordoned_by_hand(node_from(obj))


def test_a_node_is_cordoned_again_once_and_then_left_open() -> None:
    first, _ = closed()
    assert not cordoned_again(node_from(first))
    second, changed = closed(uncordoned(first))
    assert changed
    assert cordoned_again(node_from(second))
    assert not uncordoned_by_hand(node_from(second))
    third, changed = closed(uncordoned(second))
    assert not changed
    assert uncordoned_by_hand(node_from(third))


def test_a_restart_knows_it_from_the_node_alone() -> None:
    """The facts of a node that another process closed are enough."""
    node, _ = closed()
    facts = replace(node_from(node), unschedulable=False)
    assert uncordoned_by_hand(facts)
