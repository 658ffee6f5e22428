"""Pauses grow to a bound that a notice can bear, and no two callers need to have the same."""

from __future__ import annotations

from controller.engine.backoff import PAUSES, pause


def test_pauses_grow_and_stay_at_the_last() -> None:
    assert [pause(n, 1.0) for n in (1, 2, 3, 4, 1_000)] == [1.0, 2.0, 5.0, 5.0, 5.0]


def test_chance_spreads_them_over_the_second_half() -> None:
    for failures, longest in enumerate(PAUSES, start=1):
        assert pause(failures, 0.0) == longest / 2
        assert longest / 2 < pause(failures, 0.5) < longest
