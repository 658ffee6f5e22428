"""Whoever waits for the end of all replicas waits for those that live, and for no other."""

from __future__ import annotations

import pytest

from controller.domain.cluster import ClusterError
from controller.domain.member import MemberLease
from controller.engine import absence
from controller.engine.absence import Absence

Looks = list[tuple[float, list[MemberLease]]]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is a value here."""
    monkeypatch.setattr(absence, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(absence, "LAST_WRITES_SECONDS", 0.0)


def lease(name: str, version: str) -> MemberLease:
    return MemberLease(f"spotdrain-member-{name}", f"uid-{name}", name, version)


async def told(looks: Looks, patience: float = 60.0) -> list[set[str]]:
    """Wait through these looks, each a time and the Leases that are there; all have to be used."""
    times, rest = [0.0], list(looks)

    async def read() -> list[MemberLease]:
        times[0], leases = rest.pop(0)
        return leases

    said: list[set[str]] = []
    await Absence(read, lambda: times[0]).wait(patience, lambda alive: said.append(set(alive)))
    assert rest == []
    return said


async def test_without_replicas_nothing_is_waited_for() -> None:
    assert await told([(0.0, [])]) == []


async def test_a_replica_that_takes_its_lease_away_is_gone_at_once() -> None:
    looks: Looks = [(0.0, [lease("a", "1"), lease("b", "1")]), (1.0, [lease("b", "2")]), (2.0, [])]
    assert await told(looks) == [{"a", "b"}, {"b"}]


async def test_a_lease_that_nobody_renews_lapses() -> None:
    """Its pod was killed: the Lease lies there until another replica removes it."""
    left: Looks = [(t, [lease("a", "1")]) for t in (0.0, 3.0, 6.0, 6.1)]
    assert await told(left) == [{"a"}]


async def test_a_renewal_counts_for_as_long_as_a_lease_lasts() -> None:
    left: Looks = [(t, [lease("a", "2" if t > 1 else "1")]) for t in (0.0, 5.0, 8.0, 11.0, 11.1)]
    assert await told(left) == [{"a"}]


async def test_one_that_goes_on_renewing_is_told_by_name() -> None:
    looks: Looks = [(float(t), [lease("pod-7", str(t))]) for t in range(9)]
    with pytest.raises(ClusterError, match=r"still runs \(pod-7\).*scale its Deployment to 0"):
        await told(looks, patience=5.0)
