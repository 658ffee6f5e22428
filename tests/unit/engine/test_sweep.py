"""The slow look over all records: what is read, what is adopted, what is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from controller.engine import sweep as module
from controller.engine.ledger import Ledger
from controller.engine.sweep import Sweep
from tests.builders import interruption

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption

NOBODY = cast("Any", None)


def record(name: str, version: int = 1) -> Interruption:
    return interruption(name=name, uid=f"uid-{name}", resource_version=str(version))


class Cluster:
    """Holds records, and notes how they were asked for."""

    def __init__(self, *records: Interruption) -> None:
        self.records = {one.name: one for one in records}
        self.read_names: list[str] = []
        self.lists = 0

    async def versions(self) -> dict[str, str]:
        """Give them without the rest."""
        return {name: one.resource_version for name, one in self.records.items()}

    async def read(self, name: str) -> Interruption | None:
        """Give one, and note it."""
        self.read_names.append(name)
        return self.records.get(name)

    async def interruptions(self) -> list[Interruption]:
        """Give all, and count that."""
        self.lists += 1
        return list(self.records.values())


class Adopting:
    """Takes the place of all drains: puts what it is shown into the ledger, as they do."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.adopted: list[Interruption] = []
        self.dropped: list[str] = []

    def adopt(self, one: Interruption) -> None:
        """Note a sight."""
        self.ledger.put(one)
        self.adopted.append(one)

    def drop(self, name: str) -> None:
        """Note an end."""
        self.ledger.drop(name)
        self.dropped.append(name)


@pytest.fixture
def drains() -> Adopting:
    return Adopting(Ledger())


def sweep(cluster: Cluster, drains: Adopting) -> Sweep:
    return Sweep(
        records=cast("Any", cluster),
        ledger=drains.ledger,
        drains=cast("Any", drains),
        letting_go=cast("Any", Adopting(Ledger())),
        policies=NOBODY,
        reopening=NOBODY,
        owns=NOBODY,
        clock=NOBODY,
    )


async def test_what_is_known_is_adopted_without_being_read(drains: Adopting) -> None:
    """A day's records that are over have 12 KB each."""
    known = record("known")
    drains.ledger.put(known)
    cluster = Cluster(known)

    await sweep(cluster, drains).look()

    assert drains.adopted == [known]
    assert (cluster.read_names, cluster.lists) == ([], 0)


async def test_what_the_watch_has_missed_is_read(drains: Adopting) -> None:
    drains.ledger.put(record("changed", 1))
    cluster = Cluster(record("changed", 2), record("new"))

    await sweep(cluster, drains).look()

    assert drains.adopted == [record("changed", 2), record("new")]
    assert (cluster.read_names, cluster.lists) == (["changed", "new"], 0)


async def test_another_one_by_the_same_name_is_read(drains: Adopting) -> None:
    """Two objects never have the same resourceVersion."""
    drains.ledger.put(record("again", 1))
    other = replace(record("again", 3), uid="another")

    await sweep(Cluster(other), drains).look()

    assert drains.ledger.get("again") == other


async def test_many_at_once_are_listed(drains: Adopting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_READ", 2)
    found = [record(f"i-{n}") for n in range(3)]
    cluster = Cluster(*found)

    await sweep(cluster, drains).look()

    assert drains.adopted == found
    assert (cluster.read_names, cluster.lists) == ([], 1)


async def test_what_is_gone_is_dropped(drains: Adopting) -> None:
    drains.ledger.put(record("gone"))

    await sweep(Cluster(), drains).look()

    assert drains.dropped == ["gone"]


async def test_what_goes_before_it_is_read_is_left_to_the_next_look(drains: Adopting) -> None:
    cluster = Cluster(record("short"))

    async def gone(name: str) -> None:
        cluster.read_names.append(name)

    cluster.read = gone  # type: ignore[method-assign]
    await sweep(cluster, drains).look()

    assert (cluster.read_names, drains.adopted) == (["short"], [])
