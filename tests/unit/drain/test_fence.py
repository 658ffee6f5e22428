"""The fence closes a node in one patch, and undoing it restores exactly what was there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.node import Taint, node_from
from controller.domain.policy import Action, FencePolicy
from controller.drain.fence import (
    ANNOTATION,
    EXCLUDE_LABEL,
    fence_of,
    fence_patch,
    settled_at,
    unfence_changes,
    unfence_patch,
)
from tests.builders import INSTANCE, T0

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS = {"key": "spotdrain.io/interruption", "value": INSTANCE, "effect": "NoSchedule"}
GPU = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
SLOW = {"key": "disk", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}

Raw = dict[str, Any]


def merged(target: Raw, patch: Mapping[str, Any]) -> Raw:
    """Apply a JSON merge patch (RFC 7396) to an object."""
    result = dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


def raw(taints: list[Raw] | None = None, *, cordoned: bool = False, **labels: str) -> Raw:
    spec: Raw = {"providerID": f"aws:///eu-central-1a/{INSTANCE}"}
    if taints:
        spec["taints"] = taints
    if cordoned:
        spec["unschedulable"] = True
    return {"metadata": {"name": "node-1", "labels": labels, "annotations": {}}, "spec": spec}


def fenced(
    obj: Raw, action: Action = Action.DRAIN, policy: FencePolicy | None = None, now: float = T0
) -> Raw:
    patch = fence_patch(node_from(obj), policy or FencePolicy(), action, INSTANCE, now)
    return obj if patch is None else merged(obj, patch)


def opened(obj: Raw) -> Raw:
    patch = unfence_patch(node_from(obj))
    return obj if patch is None else merged(obj, patch)


def remembered(obj: Raw) -> Raw:
    return fence_of(node_from(obj))


def test_a_drain_cordons_taints_and_takes_the_node_out_of_load_balancers() -> None:
    patch = fence_patch(node_from(raw([GPU])), FencePolicy(), Action.DRAIN, INSTANCE, T0)
    assert patch is not None
    assert patch["spec"] == {"unschedulable": True, "taints": [GPU, OURS]}
    assert patch["metadata"]["labels"] == {EXCLUDE_LABEL: "true"}
    assert json.loads(patch["metadata"]["annotations"][ANNOTATION]) == {
        "unschedulable": True,
        "taint": {"key": "spotdrain.io/interruption", "effect": "NoSchedule"},
        "labels": {EXCLUDE_LABEL: "true"},
        "excludedAt": "1970-01-01T00:16:40.000000Z",
        "interruption": INSTANCE,
    }


def test_the_action_taint_sets_the_taint_alone() -> None:
    node = fenced(raw(), Action.TAINT)
    assert node["spec"].get("unschedulable") is None
    assert node["spec"]["taints"] == [OURS]
    assert node["metadata"]["labels"] == {}


def test_the_policy_may_leave_load_balancers_alone_and_name_its_own_taint() -> None:
    policy = FencePolicy(Taint("example.com/going", "PreferNoSchedule"), False)
    node = fenced(raw(), policy=policy)
    assert node["metadata"]["labels"] == {}
    assert node["spec"]["taints"] == [
        {"key": "example.com/going", "value": INSTANCE, "effect": "PreferNoSchedule"}
    ]


def test_what_others_did_before_is_not_remembered_as_ours() -> None:
    theirs = {**OURS, "value": "by-hand"}
    node = fenced(raw([theirs], cordoned=True, **{EXCLUDE_LABEL: "false"}))
    assert ANNOTATION not in node["metadata"]["annotations"]
    assert node["spec"]["taints"] == [theirs]
    node = fenced(raw(cordoned=True))
    assert "unschedulable" not in remembered(node)
    assert opened(node) == raw(cordoned=True)


def test_a_closed_node_needs_no_patch() -> None:
    node = fenced(raw([GPU]))
    assert fence_patch(node_from(node), FencePolicy(), Action.DRAIN, INSTANCE, T0) is None


def test_an_upgrade_from_taint_to_cordon_remembers_both() -> None:
    node = fenced(fenced(raw([GPU]), Action.TAINT), Action.CORDON)
    assert set(remembered(node)) == {
        "taint",
        "unschedulable",
        "labels",
        "excludedAt",
        "interruption",
    }
    assert opened(node) == raw([GPU])


def test_a_node_that_somebody_opened_is_closed_again() -> None:
    node = fenced(raw())
    del node["spec"]["unschedulable"]
    again = fenced(node)
    assert again["spec"]["unschedulable"] is True
    assert opened(again) == raw()


def test_a_policy_with_another_taint_replaces_ours_and_leaves_none_behind() -> None:
    other = FencePolicy(Taint("example.com/going", "NoSchedule"))
    node = fenced(fenced(raw([GPU])), policy=other)
    assert [t["key"] for t in node["spec"]["taints"]] == ["dedicated", "example.com/going"]
    assert opened(node) == raw([GPU])


def test_a_new_taint_that_somebody_else_has_set_already_leaves_only_theirs() -> None:
    theirs = {"key": "example.com/going", "value": "by-hand", "effect": "NoSchedule"}
    other = FencePolicy(Taint("example.com/going", "NoSchedule"))
    node = fenced(raw())
    node["spec"]["taints"].append(theirs)
    assert fenced(node, policy=other)["spec"]["taints"] == [theirs]
    assert opened(fenced(node, policy=other)) == raw([theirs])


def test_t63_the_policy_adds_labels_and_those_of_others_stay_as_they_are() -> None:
    policy = FencePolicy(labels={"going": "yes", "team": "ours", "empty": ""})
    before = raw()
    before["metadata"]["labels"] = {"team": "batch", EXCLUDE_LABEL: "false"}
    node = fenced(before, policy=policy)
    assert node["metadata"]["labels"] == {
        "team": "batch",
        EXCLUDE_LABEL: "false",
        "going": "yes",
        "empty": "",
    }
    assert remembered(node)["labels"] == {"going": "yes", "empty": ""}
    assert opened(node) == before


def test_the_action_taint_adds_no_label_and_takes_none_away() -> None:
    policy = FencePolicy(labels={"going": "yes"})
    assert fenced(raw(), Action.TAINT, policy)["metadata"]["labels"] == {}
    both = fenced(raw(), Action.CORDON, policy)
    assert fenced(both, Action.TAINT, policy) == both


def test_a_policy_that_is_changed_meanwhile_has_its_labels_changed_too() -> None:
    node = fenced(raw(), policy=FencePolicy(labels={"a": "1", "b": "1"}))
    changed = FencePolicy(exclude_from_load_balancers=False, labels={"b": "2", "c": "1"})
    for action in (Action.CORDON, Action.DRAIN):
        node = fenced(node, action, changed)
        assert node["metadata"]["labels"] == {"b": "2", "c": "1"}
        assert remembered(node)["labels"] == {"b": "2", "c": "1"}
        assert "excludedAt" not in remembered(node)
    node = fenced(node, policy=FencePolicy(exclude_from_load_balancers=False))
    assert node["metadata"]["labels"] == {}
    assert "labels" not in remembered(node)
    assert opened(node) == raw()


def test_a_label_that_somebody_changed_since_is_theirs() -> None:
    node = fenced(raw())
    node["metadata"]["labels"][EXCLUDE_LABEL] = "false"
    assert opened(node)["metadata"]["labels"] == {EXCLUDE_LABEL: "false"}
    again = fenced(node)
    assert "labels" not in remembered(again)
    assert fence_patch(node_from(again), FencePolicy(), Action.DRAIN, INSTANCE, T0) is None


def test_load_balancers_settle_from_when_we_took_the_node_out_of_them() -> None:
    node = fenced(raw(), now=T0 + 1.5)
    assert settled_at(node_from(node), 5.0) == T0 + 6.5
    again = fenced(node, policy=FencePolicy(labels={"going": "yes"}), now=T0 + 60)
    assert settled_at(node_from(again), 5.0) == T0 + 6.5
    del node["metadata"]["labels"][EXCLUDE_LABEL]
    assert settled_at(node_from(node), 5.0) == 0.0
    assert settled_at(node_from(fenced(node, now=T0 + 60)), 5.0) == T0 + 65


@pytest.mark.parametrize(
    "policy", [FencePolicy(), FencePolicy(exclude_from_load_balancers=False)], ids=["theirs", "off"]
)
def test_nothing_settles_where_we_took_nothing_out(policy: FencePolicy) -> None:
    node = raw()
    node["metadata"]["labels"] = (
        {EXCLUDE_LABEL: "true"} if policy.exclude_from_load_balancers else {}
    )
    assert settled_at(node_from(fenced(node, policy=policy)), 5.0) == 0.0


def test_a_node_without_our_fence_is_left_alone() -> None:
    assert unfence_patch(node_from(raw([GPU], cordoned=True))) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"taint": "x", "labels": "y"}'])
def test_an_annotation_that_nobody_of_us_wrote_is_removed_and_nothing_else(text: str) -> None:
    node = raw([GPU], cordoned=True)
    node["metadata"]["annotations"][ANNOTATION] = text
    assert opened(node) == raw([GPU], cordoned=True)


TAINTS = st.lists(
    st.sampled_from([GPU, SLOW, {**OURS, "value": "by-hand"}, {**OURS, "effect": "NoExecute"}]),
    unique_by=lambda taint: (taint["key"], taint["effect"]),
)
NODES = st.builds(
    lambda taints, cordoned, labels: raw(taints, cordoned=cordoned, **labels),
    TAINTS,
    st.booleans(),
    st.sampled_from([{}, {"team": "batch"}, {EXCLUDE_LABEL: "true"}, {EXCLUDE_LABEL: "false"}]),
)
FENCES = st.lists(
    st.tuples(
        st.sampled_from([Action.TAINT, Action.CORDON, Action.DRAIN]),
        st.builds(
            FencePolicy,
            st.sampled_from(
                [Taint("spotdrain.io/interruption", "NoSchedule"), Taint("x", "NoSchedule")]
            ),
            st.booleans(),
            labels=st.sampled_from([{}, {"team": "ours", "going": "yes"}, {"going": "no"}]),
        ),
    ),
    min_size=1,
    max_size=3,
)


@given(NODES, FENCES)
def test_opening_restores_the_node_however_it_was_closed(
    before: Raw, fences: list[tuple[Action, FencePolicy]]
) -> None:
    node = before
    for action, policy in fences:
        node = fenced(node, action, policy)
        assert fence_patch(node_from(node), policy, action, INSTANCE, T0) is None
    assert opened(node) == before


@given(NODES, st.lists(st.sampled_from(["a", "b"]), unique=True, min_size=1))
def test_taints_that_others_add_meanwhile_stay(before: Raw, added: list[str]) -> None:
    foreign = [{"key": key, "effect": "NoSchedule"} for key in added]
    node = fenced(before)
    node = merged(node, {"spec": {"taints": [*node["spec"].get("taints", []), *foreign]}})
    expected = [*before["spec"].get("taints", []), *foreign]
    assert opened(node) == merged(before, {"spec": {"taints": expected}})


def test_what_undoing_changes_is_told_in_words() -> None:
    node = node_from(fenced(raw([GPU])))
    taint = f"remove the taint {OURS['key']}:{OURS['effect']}"
    assert unfence_changes(node) == ["uncordon", taint, f"remove the label {EXCLUDE_LABEL}"]


def test_what_others_have_undone_already_is_not_told() -> None:
    obj = fenced(raw())
    obj["spec"] = {key: obj["spec"][key] for key in ("providerID",)}
    obj["metadata"]["labels"] = {EXCLUDE_LABEL: "theirs"}
    assert unfence_changes(node_from(obj)) == []


def test_nothing_is_told_of_a_node_without_a_fence() -> None:
    assert unfence_changes(node_from(raw([GPU], cordoned=True))) == []
