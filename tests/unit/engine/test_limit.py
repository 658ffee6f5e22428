"""The law of the calls in flight: halved when the server pushes back, grown while it answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.engine.limit import LONGEST_PAUSE, Limit

WIDE = Limit.wide(50)
STEPS = st.lists(
    st.tuples(st.booleans(), st.floats(0, 5), st.floats(0, 2), st.floats(0, 60)), max_size=60
)


def answers(limit: Limit, count: int) -> Limit:
    for _ in range(count):
        limit = limit.answered()
    return limit


def test_it_starts_wide_for_notices_come_out_of_a_calm() -> None:
    assert WIDE.size == 50
    assert WIDE.answered().size == 50


def test_a_push_back_halves_it_down_to_the_least() -> None:
    limit, sizes = WIDE, []
    for now in range(1, 7):
        limit = limit.pushed_back(asked=float(now), now=float(now))
        sizes.append(limit.size)
    assert sizes == [25, 12.5, 6.25, 4, 4, 4]


def test_what_was_in_flight_is_halved_not_what_might_have_been() -> None:
    """Eighteen calls that were too many are followed by nine, though fifty were allowed."""
    assert WIDE.pushed_back(asked=1, now=1, in_flight=18).size == 9
    assert WIDE.pushed_back(asked=1, now=1, in_flight=50).size == 25
    assert WIDE.pushed_back(asked=1, now=1, in_flight=2).size == 4


def test_the_calls_of_one_round_that_fail_together_halve_it_once() -> None:
    limit = WIDE.pushed_back(asked=10, now=11)
    for _ in range(49):
        limit = limit.pushed_back(asked=10, now=11.2)
    assert (limit.size, limit.failures) == (25, 1)


def test_it_grows_by_one_an_answer_up_to_where_it_was_well_and_by_one_a_round_beyond() -> None:
    limit = WIDE.pushed_back(asked=1, now=1).pushed_back(asked=2, now=2)
    narrowed = limit.pushed_back(asked=3, now=3)
    assert narrowed.size == narrowed.well == 6.25

    assert 7.2 < answers(narrowed, 7).size < 7.3


def test_after_a_long_outage_a_calm_server_gets_the_whole_load_again() -> None:
    limit = WIDE
    for now in range(1, 60):
        limit = limit.pushed_back(asked=float(now), now=float(now))
    assert answers(limit, 2000).size == 50


def test_the_servers_own_pause_is_kept_up_to_three_seconds() -> None:
    assert WIDE.pushed_back(asked=1, now=1, pause=2).not_before == 3
    assert WIDE.pushed_back(asked=1, now=1, pause=32).not_before == 1 + LONGEST_PAUSE


def test_one_failed_round_is_a_hiccup_and_a_row_of_them_is_waited_out_ever_longer() -> None:
    limit, pauses = WIDE, []
    for now in (10.0, 20.0, 30.0, 40.0, 50.0, 60.0):
        limit = limit.pushed_back(asked=now, now=now)
        pauses.append(max(0.0, limit.not_before - now))
    assert pauses == [0, 0.5, 1, 2, 3, 3]


def test_an_answer_in_between_ends_the_row() -> None:
    """Errors on a part of the calls slow us down; they do not stop us."""
    limit = WIDE.pushed_back(asked=1, now=1).answered().pushed_back(asked=2, now=2)
    assert limit.not_before <= 2


@given(STEPS)
def test_it_never_leaves_its_bounds_nor_stops_for_longer_than_three_seconds(
    steps: list[tuple[bool, float, float, float]],
) -> None:
    limit, now = WIDE, 0.0
    for good, gap, latency, pause in steps:
        now += gap
        limit = limit.answered() if good else limit.pushed_back(now - latency, now, pause)
        assert 4 <= limit.size <= 50
        assert limit.not_before <= now + LONGEST_PAUSE
