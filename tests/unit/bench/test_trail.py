"""The audit log's entries, read as calls."""

from __future__ import annotations

from typing import Any

from bench.trail import calls, cordons, evictions, removals, tally


def entry(
    verb: str,
    resource: str,
    name: str = "",
    *,
    namespace: str = "",
    at: int = 0,
    code: int = 200,
    stage: str = "ResponseComplete",
) -> dict[str, Any]:
    """One entry; it arrived at second `at` of the minute and was answered 250 ms later."""
    resource, _, subresource = resource.partition("/")
    return {
        "stage": stage,
        "verb": verb,
        "user": {"username": "somebody"},
        "userAgent": "agent",
        "objectRef": {
            "resource": resource,
            "subresource": subresource,
            "name": name,
            "namespace": namespace,
        },
        "responseStatus": {"code": code},
        "requestReceivedTimestamp": f"1970-01-01T00:00:{at:02}.000000Z",
        "stageTimestamp": f"1970-01-01T00:00:{at:02}.250000Z",
    }


def test_the_first_accepted_patch_closes_a_node() -> None:
    log = calls(
        [
            entry("patch", "nodes", "a", at=3),
            entry("patch", "nodes", "a", at=2),
            entry("patch", "nodes", "a", at=1, code=409),
            entry("get", "nodes", "b", at=1),
        ]
    )

    assert cordons(log) == {"a": 2.25}


def test_an_eviction_counts_when_it_was_accepted_and_a_removal_is_something_else() -> None:
    log = calls(
        [
            entry("create", "pods/eviction", "p", namespace="n", at=1, code=429),
            entry("create", "pods/eviction", "p", namespace="n", at=2, code=201),
            entry("delete", "pods", "p", namespace="n", at=4),
        ]
    )

    assert evictions(log) == {"n/p": 2.25}
    assert removals(log) == {"n/p": 4.25}


def test_a_watch_is_counted_once_when_it_begins() -> None:
    log = calls(
        [
            entry("watch", "pods", stage="ResponseStarted"),
            entry("watch", "pods", stage="ResponseComplete"),
            entry("list", "pods", stage="ResponseComplete"),
        ]
    )

    assert tally(log) == {"watch pods": 1, "list pods": 1}


def test_calls_come_in_the_order_of_their_arrival() -> None:
    log = calls([entry("list", "pods", at=5), entry("list", "nodes", at=1)])

    assert [call.resource for call in log] == ["nodes", "pods"]
