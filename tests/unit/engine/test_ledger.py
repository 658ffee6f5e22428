"""What is known of all interruptions of the cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.domain.interruption import Interruption, Phase
from controller.domain.notice import Kind, Notice
from controller.engine.ledger import Ledger


def record(name: str = "i-1", version: int = 5, deadline: float = 220.0) -> Interruption:
    notice = Notice("a", Kind.SPOT_INTERRUPTION, name, deadline - 120.0, deadline)
    return Interruption(
        name, "node", "n1", (notice,), name=name, uid=f"u-{name}", resource_version=str(version)
    )


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_a_record_is_new_once(ledger: Ledger) -> None:
    assert ledger.put(record())
    assert not ledger.put(record(version=6))


def test_a_late_sight_of_an_older_version_changes_nothing(ledger: Ledger) -> None:
    """The watch, the list and the answers to writes come in any order; 10 is newer than 9."""
    ledger.put(replace(record(version=10), phase=Phase.DRAINING))
    ledger.put(record(version=9))

    assert ledger.open() == [replace(record(version=10), phase=Phase.DRAINING)]


def test_another_record_by_the_same_name_takes_the_place_of_the_first(ledger: Ledger) -> None:
    ledger.put(record(version=10))

    assert ledger.put(replace(record(version=9), uid="another"))
    assert [r.uid for r in ledger.open()] == ["another"]


def test_the_earliest_deadline_comes_first_and_none_comes_last(ledger: Ledger) -> None:
    rebalance = Notice("r", Kind.REBALANCE, "i-3", 50.0)
    ledger.put(replace(record("i-3"), notices=(rebalance,)))
    ledger.put(record("i-1", deadline=230.0))
    ledger.put(record("i-2", deadline=220.0))

    assert [r.name for r in ledger.open()] == ["i-2", "i-1", "i-3"]


def test_what_is_over_is_not_open_and_its_history_is_not_kept(ledger: Ledger) -> None:
    over = replace(
        record(),
        phase=Phase.FINISHED,
        observed_notices=1,
        timeline=({"pod": "a/b"},),
        conditions=({},),
    )
    ledger.put(over)

    assert ledger.open() == []
    assert ledger.over() == [replace(over, timeline=(), conditions=())]


def test_a_record_that_nobody_gave_a_notice_is_not_open(ledger: Ledger) -> None:
    ledger.put(replace(record(), notices=()))

    assert ledger.open() == []
    assert ledger.names() == {"i-1"}


def test_what_was_deleted_is_forgotten(ledger: Ledger) -> None:
    ledger.put(record())
    ledger.drop("i-1")
    ledger.drop("i-2")

    assert ledger.get("i-1") is None
    assert ledger.names() == set()
