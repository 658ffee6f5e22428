"""How the table of the faults is counted."""

from __future__ import annotations

import pytest

from e2e.kind.faults.tally import Account, Tally, gaps, repeated


def test_the_longest_interruption_is_found_between_any_two_calls_and_before_the_first() -> None:
    assert gaps(100.0, [109.0, 103.0, 104.5]) == pytest.approx([3.0, 1.5, 4.5])


def test_what_was_asked_before_the_notice_does_not_count() -> None:
    assert gaps(100.0, [90.0, 101.0]) == pytest.approx([1.0])


def test_only_what_was_accepted_more_than_once_is_repeated() -> None:
    assert repeated({"b": [1.0, 2.0], "a": [1.0, 1.0], "once": [1.0], "never": []}) == ["a", "b"]


def test_all_that_must_not_be_is_harm() -> None:
    account = Account(unsignalled=["one"], twice=["two"], lost=["three"])
    assert account.harm == ["one", "two", "three"]
    assert Account(drains=2, pods=8, longest=3.0).harm == []


def test_accounts_of_a_fault_are_one_row() -> None:
    tally = Tally()
    tally.add("killed", 4, Account(drains=2, pods=16, longest=7.04))
    tally.add("stopped", 1, Account(drains=2, pods=16, longest=3.0, lost=["i-1"]))
    tally.add("killed", 3, Account(drains=2, pods=17, longest=2.0, unsignalled=["a"], twice=["b"]))

    assert [line.strip("| ").split(" | ")[:8] for line in tally.table()[2:]] == [
        ["killed", "7", "4", "33", "1", "1", "0", "7.0 s"],
        ["stopped", "1", "2", "16", "0", "0", "1", "3.0 s"],
    ]


def test_where_nothing_was_counted_there_is_no_table() -> None:
    assert Tally().table() == []
