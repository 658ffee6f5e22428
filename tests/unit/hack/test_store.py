"""What is put into etcd comes in transactions that etcd takes."""

from __future__ import annotations

from hack.cluster.store import MOST_BYTES, MOST_PUTS, transactions


def test_nothing_makes_no_transaction() -> None:
    assert list(transactions([])) == []


def test_small_objects_are_parted_by_number() -> None:
    puts = [(str(n), "{}") for n in range(MOST_PUTS + 1)]

    parts = list(transactions(puts))

    assert [len(part) for part in parts] == [MOST_PUTS, 1]
    assert [put for part in parts for put in part] == puts


def test_large_objects_are_parted_by_size() -> None:
    half = "x" * (MOST_BYTES // 2)

    assert [len(part) for part in transactions([("a", half), ("b", half), ("c", half)])] == [2, 1]


def test_one_that_is_too_large_goes_alone() -> None:
    assert len(list(transactions([("a", "x" * 2 * MOST_BYTES), ("b", "{}")]))) == 2
