"""The timeline of a status: written, read back, bounded."""

from __future__ import annotations

from controller.drain.history import Passage, passage_of
from controller.drain.timeline import MAX_ENTRIES, passages_from, timeline_to
from tests.builders import T0, pod

FULL = Passage(
    "shop/db-0",
    "uid-db-0",
    1000,
    T0 + 1,
    T0 + 2,
    T0 + 9,
    forced=True,
    grace=40,
    reason="DisruptionBudget",
    owner="StatefulSet/db",
    treated="Normal",
    budget="shop/db",
    planned_at=T0,
    planned_call="Evict",
    overrode="DisruptionBudget: no room",
    truncated=True,
)
WRITTEN = {
    "pod": "shop/db-0",
    "uid": "uid-db-0",
    "priority": 1000,
    "owner": "StatefulSet/db",
    "class": "Normal",
    "budget": "shop/db",
    "plannedAt": "1970-01-01T00:16:40.000000Z",
    "plannedCall": "Evict",
    "requestedAt": "1970-01-01T00:16:41.000000Z",
    "acceptedAt": "1970-01-01T00:16:42.000000Z",
    "goneAt": "1970-01-01T00:16:49.000000Z",
    "forced": True,
    "overrode": "DisruptionBudget: no room",
    "grace": 40,
    "graceTruncated": True,
    "reason": "DisruptionBudget",
}


def test_a_passage_is_written_and_read_back() -> None:
    assert timeline_to([FULL]) == [WRITTEN]
    assert passages_from([WRITTEN]) == {"uid-db-0": FULL}


def test_what_has_not_come_is_left_out() -> None:
    waiting = passage_of(pod("db-0", owner_kind=""))
    (entry,) = timeline_to([waiting])
    assert entry == {"pod": "shop/db-0", "uid": "uid-db-0", "priority": 0}
    assert passages_from([entry]) == {"uid-db-0": waiting}


def test_the_first_request_comes_first_and_pods_never_asked_come_last() -> None:
    ordered = [
        Passage("shop/asked-first", "u1", 9, requested_at=T0),
        Passage("shop/accepted-first", "u2", 9, requested_at=T0 + 1, accepted_at=T0 + 2),
        Passage("shop/accepted-later", "u3", 0, requested_at=T0 + 1, accepted_at=T0 + 3),
        Passage("shop/low", "u4", 0),
        Passage("shop/high", "u5", 9),
        Passage("shop/higher", "u6", 9),
    ]
    names = [entry["pod"] for entry in timeline_to(reversed(ordered))]
    assert names == [passage.pod for passage in ordered]


def test_the_timeline_is_bounded_and_keeps_the_pods_that_were_asked() -> None:
    idle = [Passage(f"shop/idle-{n:03}", f"i{n}") for n in range(MAX_ENTRIES)]
    asked = Passage("shop/asked", "a", requested_at=T0)
    written = timeline_to([*idle, asked])
    assert len(written) == MAX_ENTRIES
    assert written[0]["pod"] == "shop/asked"
