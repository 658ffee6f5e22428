"""Pods behind budgets: who stands where, and what the audit log says of it."""

from __future__ import annotations

from bench.ground import Target
from bench.lanes import way
from bench.rush import guests
from bench.trail import Call

PLACES = [Target("a", "i-1"), Target("b", "i-2")]


def _eviction(code: int, arrived: float, answered: float) -> Call:
    return Call("me", "agent", "create", "pods/eviction", "bench/p", code, arrived, answered)


def test_pods_are_spread_over_nodes_and_budgets() -> None:
    found = guests("x", PLACES, 5, 3)

    assert [guest.name for guest in found] == ["x-0", "x-1", "x-2", "x-3", "x-4"]
    assert [guest.node for guest in found] == ["a", "b", "a", "b", "a"]
    assert [guest.budget for guest in found] == ["x-0", "x-1", "x-2", "x-0", "x-1"]


def test_a_way_is_told_by_its_accepted_evictions_and_its_refusals() -> None:
    asked = [
        _eviction(429, 0.0, 0.1),
        _eviction(201, 1.9, 2.0),
        _eviction(500, 2.0, 9.0),
        _eviction(429, 2.0, 9.0),
        _eviction(201, 3.0, 7.5),
        Call("me", "agent", "delete", "pods", "bench/q", 200, 8.0, 9.0),
    ]

    found = way(asked, 1.25)

    assert (found.seconds, found.requests, found.server_cpu) == (5.5, 5, 1.25)
    assert found.refused == {"429": 2, "500": 1}
    assert (found.held_up, found.deleted) == (3, 1)
