"""The judge of hostile nodes passes a good trail, and sees through a doctored one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.guests import Guest, budget_manifests, guests_of, pod_manifest_of
from bench.trail import Call
from bench.verdicts import bands_of, judge, last_safe

if TYPE_CHECKING:
    from bench.verdicts import Findings

DEADLINE = 1060.0
"""The notice was seen at 1000: a minute is left, and the window ends at 1052."""

PLAIN = Guest("plain", "node", "", grace=5, stop=1.0)
LOW = replace(PLAIN, name="low", class_name="hostile-low")
HIGH = replace(PLAIN, name="high", class_name="hostile-high")
SHUT = replace(PLAIN, name="shut", guards=("full",), shut=True)
CRITICAL = replace(PLAIN, name="dns", class_name="system-cluster-critical")


def call(guest: Guest, at: float, resource: str = "pods/eviction", code: int = 201) -> Call:
    verb = "create" if resource == "pods/eviction" else "delete"
    return Call("", "", verb, resource, guest.key, code, at, at + 0.01)


def fence(at: float = 1000.0) -> Call:
    return Call("", "", "patch", "nodes", "node", 200, at, at + 0.01)


def judged(*log: Call) -> Findings:
    by_key = {g.key: g for g in (PLAIN, LOW, HIGH, SHUT, CRITICAL)}
    guests = [by_key[key] for key in dict.fromkeys(c.key for c in log if c.key in by_key)]
    return judge(guests, {"node": DEADLINE}, sorted(log, key=lambda c: c.arrived))


def test_a_drain_in_order_and_in_time_has_nothing_to_say_against_it() -> None:
    found = judged(
        fence(),
        call(LOW, 1000.5),
        call(PLAIN, 1000.6),
        call(SHUT, 1000.7, code=429),
        call(HIGH, 1000.8),
        call(SHUT, 1044.0, "pods", 200),
    )
    assert (found.unsignalled, found.early, found.disordered, found.cut) == ([], [], [], [])
    assert (found.evicted, found.overridden, found.truncated) == (3, 1, 0)
    assert found.ordered_pairs == 3


@pytest.mark.parametrize("at", [1052.1, 1200.0])
def test_a_pod_that_is_signalled_after_its_window_is_seen(at: float) -> None:
    assert judged(fence(), call(PLAIN, at)).unsignalled == [PLAIN.key]


def test_a_pod_that_is_only_refused_is_seen() -> None:
    assert judged(fence(), call(PLAIN, 1001.0, code=429)).unsignalled == [PLAIN.key]


def test_a_budget_that_is_overridden_before_its_time_is_seen() -> None:
    assert last_safe(SHUT, DEADLINE) == 1044.0
    on_time = judged(fence(), call(SHUT, 1001.0, code=429), call(SHUT, 1044.0, "pods", 200))
    assert on_time.early == []
    early = judged(fence(), call(SHUT, 1001.0, code=429), call(SHUT, 1043.9, "pods", 200))
    assert early.early == [SHUT.key]


def test_a_volume_and_a_long_grace_bring_the_last_safe_moment_forward() -> None:
    assert last_safe(replace(SHUT, claims=True), DEADLINE) == 1032.0
    assert last_safe(replace(SHUT, grace=300), DEADLINE) == 989.0


def test_a_higher_band_that_overtakes_a_lower_one_is_seen() -> None:
    found = judged(fence(), call(HIGH, 1000.5), call(PLAIN, 1000.6), call(LOW, 1000.7))
    assert sorted(found.disordered) == sorted([HIGH.key, PLAIN.key])


def test_a_band_whose_five_seconds_are_over_overtakes_nobody() -> None:
    assert judged(fence(), call(PLAIN, 1005.0), call(LOW, 1006.0)).disordered == []
    assert judged(fence(), call(PLAIN, 1004.9), call(LOW, 1006.0)).disordered == [PLAIN.key]


def test_at_their_last_safe_moment_all_are_asked_in_any_order() -> None:
    late = [call(CRITICAL, 1044.0), call(LOW, 1044.1)]
    assert judged(fence(1043.0), *late).disordered == []
    early = [call(CRITICAL, 1043.5), call(LOW, 1044.1)]
    assert judged(fence(1043.0), *early).disordered == [CRITICAL.key]


def test_a_pod_whose_budget_was_asked_already_holds_nobody_up() -> None:
    other = replace(SHUT, name="other")
    log = [fence(), call(SHUT, 1000.5, code=429), call(HIGH, 1000.6), call(other, 1002.0)]
    assert judge([SHUT, other, HIGH], {"node": DEADLINE}, log).disordered == []
    free = replace(other, guards=())
    assert judge([SHUT, free, HIGH], {"node": DEADLINE}, log).disordered == [HIGH.key]


def test_a_grace_that_was_cut_although_it_fitted_is_seen() -> None:
    short = judged(fence(), call(PLAIN, 1001.0)._replace(grace=3))
    assert (short.truncated, short.cut) == (1, [PLAIN.key])
    needed = judged(fence(), call(PLAIN, 1048.0)._replace(grace=3))
    assert (needed.truncated, needed.cut) == (1, [])


def test_five_priorities_are_four_bands_and_one_more_for_system_critical_pods() -> None:
    classes = ("hostile-low", "", "hostile-plus", "hostile-high", "system-cluster-critical")
    guests = [replace(PLAIN, class_name=name) for name in classes]
    assert list(bands_of(guests).values()) == [0, 1, 2, 3, 4]


def test_the_same_seed_gives_the_same_pods_and_another_one_others() -> None:
    nodes = ["a", "b", "c"]
    assert guests_of(7, nodes, 20) == guests_of(7, nodes, 20)
    assert guests_of(7, nodes, 20) != guests_of(8, nodes, 20)
    assert len(guests_of(7, nodes, 20)) == 60


def test_hostile_pods_are_of_every_kind() -> None:
    guests = guests_of(1, [f"n{n}" for n in range(20)], 20)
    assert {len(g.guards) for g in guests} == {0, 1, 2}
    assert {g.priority for g in guests} == {-10, 0, 1000, 100_000, 2_000_000_000}
    assert any(g.protected for g in guests)
    assert any(g.claims for g in guests)
    assert max(g.grace for g in guests) > 60


def test_every_budget_of_a_pod_selects_it() -> None:
    guests = guests_of(1, ["a"], 20)
    labels = [pod_manifest_of(g, {"kind": "ConfigMap"})["metadata"]["labels"] for g in guests]
    for manifest in budget_manifests(guests):
        selected = manifest["spec"]["selector"]["matchLabels"].items()
        assert any(selected <= found.items() for found in labels)
    assert sum(len(found) for found in labels) == sum(len(g.guards) for g in guests)
