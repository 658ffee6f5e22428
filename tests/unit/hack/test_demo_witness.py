"""The audit log is the witness: what it says of the pods that there were before."""

from __future__ import annotations

from typing import Any

from controller.domain.times import parse_rfc3339
from hack.demo.witness import Subject, cordons, passages, requests, subjects

ACCOUNT = "system:serviceaccount:spotdrain:spotdrain"
CART = Subject("uid-1", "shop/cart-0", "node-a", 1000, budget="shop/cart")


def at(second: int) -> float:
    instant = parse_rfc3339(stamp(second))
    assert instant is not None
    return instant


def stamp(second: int) -> str:
    return f"2026-01-02T03:04:{second:02d}.000000Z"


def entry(verb: str, resource: str, second: int, code: int, **more: Any) -> dict[str, Any]:
    """Return an audit entry of a request that was answered one second after it came."""
    name, _, subresource = resource.partition("/")
    target = {"resource": name, "name": more.get("name", "cart-0")}
    if name == "pods":
        target["namespace"] = "shop"
    if subresource:
        target["subresource"] = subresource
    return {
        "verb": verb,
        "user": {"username": more.get("user", ACCOUNT)},
        "objectRef": target,
        "requestReceivedTimestamp": stamp(second),
        "stageTimestamp": stamp(second + 1),
        "responseStatus": {"code": code},
        **({"requestObject": more["body"]} if "body" in more else {}),
    }


def eviction(second: int, code: int, uid: str = "uid-1") -> dict[str, Any]:
    body = {"kind": "Eviction", "deleteOptions": {"preconditions": {"uid": uid}}}
    return entry("create", "pods/eviction", second, code, body=body)


def deletion(second: int, code: int, uid: str = "uid-1") -> dict[str, Any]:
    body = {"kind": "DeleteOptions", "preconditions": {"uid": uid}}
    return entry("delete", "pods", second, code, body=body)


def removal(second: int) -> dict[str, Any]:
    return entry("delete", "pods", second, 200, user="kwok")


def test_an_eviction_that_was_refused_first_is_followed_to_its_end() -> None:
    log = [eviction(1, 429), eviction(5, 201), removal(9)]
    (found,) = passages([CART], requests(log), ACCOUNT)
    assert (found.asked, found.accepted, found.gone) == (at(1), at(6), at(10))
    assert (found.overridden, found.refusals) == (False, 1)


def test_a_deletion_is_an_override_and_a_second_one_changes_nothing() -> None:
    log = [eviction(1, 429), deletion(20, 200), deletion(30, 200), removal(31)]
    (found,) = passages([CART], requests(log), ACCOUNT)
    assert (found.accepted, found.overridden, found.refusals) == (at(21), True, 1)


def test_the_next_pod_of_a_stateful_set_is_another_one() -> None:
    log = [eviction(1, 201), removal(3), eviction(40, 201, uid="uid-2"), removal(50)]
    (found,) = passages([CART], requests(log), ACCOUNT)
    assert (found.accepted, found.gone) == (at(2), at(4))


def test_what_others_do_is_no_signal_of_the_controllers() -> None:
    stranger = {**eviction(1, 201), "user": {"username": "someone"}}
    (found,) = passages([CART], requests([stranger]), ACCOUNT)
    assert found.asked is None
    assert found.accepted is None


def test_a_pod_that_was_only_ever_refused_was_asked_and_not_accepted() -> None:
    (found,) = passages([CART], requests([eviction(3, 429), eviction(4, 429)]), ACCOUNT)
    assert (found.asked, found.accepted, found.gone, found.refusals) == (at(3), None, None, 2)


def test_a_cordon_is_the_first_change_of_a_node_that_succeeded() -> None:
    log = [
        entry("patch", "nodes", 1, 409, name="node-a"),
        entry("patch", "nodes", 2, 200, name="node-a"),
        entry("patch", "nodes", 8, 200, name="node-a"),
        entry("patch", "nodes", 1, 200, name="node-b", user="someone"),
        entry("patch", "nodes/status", 1, 200, name="node-b"),
    ]
    assert cordons(requests(log), ACCOUNT) == {"node-a": at(3)}


def test_requests_are_ordered_by_their_arrival_and_those_without_a_name_are_left_out() -> None:
    listing = entry("list", "pods", 0, 200)
    del listing["objectRef"]["name"]
    log = requests([eviction(7, 201), listing, eviction(2, 429)])
    assert [request.arrived for request in log] == [at(2), at(7)]


def test_the_pods_of_a_drain_are_those_of_its_nodes_that_no_daemon_set_owns() -> None:
    def pod(uid: str, node: str, owner: str, **more: Any) -> dict[str, Any]:
        meta = {
            "uid": uid,
            "name": f"cart-{uid}",
            "namespace": "shop",
            "labels": {"app": "cart"},
            "ownerReferences": [{"kind": owner}],
            **more,
        }
        return {"metadata": meta, "spec": {"nodeName": node, "priority": 5}}

    kept = {"annotations": {"karpenter.sh/do-not-disrupt": "true"}}
    pods = [
        pod("1", "node-a", "StatefulSet"),
        pod("2", "node-a", "DaemonSet"),
        pod("3", "node-b", "StatefulSet"),
        pod("4", "node-a", "Job", **kept),
    ]
    assert subjects(pods, ["node-a"]) == [
        Subject("1", "shop/cart-1", "node-a", 5, protected=False, budget="shop/cart"),
        Subject("4", "shop/cart-4", "node-a", 5, protected=True, budget="shop/cart"),
    ]
