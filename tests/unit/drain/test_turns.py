"""Whose turn it is to drain for a recommendation, and what those are told who wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.interruption import Phase
from controller.domain.notice import Kind
from controller.domain.policy import Action, Amount, Opening, Policy, RebalancePolicy
from controller.drain.turns import Claim, Stand, claim_of, stand_from, turns
from tests.builders import INSTANCE, T0, interruption, node, rebalance_notice, spot_notice

if TYPE_CHECKING:
    from controller.drain.turns import Turn

HOUR = 3600.0
ZONES = {"a": 10, "b": 10}


def claim(name: str, since: float = 0.0, zone: str = "a", stand: Stand = Stand.WAITS) -> Claim:
    return Claim(name, f"node-{name}", zone, T0 + since, stand)


def decided(*claims: Claim, now: float = T0, **policy: Any) -> dict[str, Turn]:
    return turns(claims, ZONES, RebalancePolicy(**{"nodes": Amount(2)} | policy), now)


def stands(found: dict[str, Turn]) -> dict[str, Stand]:
    return {name: turn.stand for name, turn in found.items()}


def test_the_oldest_notices_get_the_places() -> None:
    found = decided(claim("c", 3), claim("a", 1), claim("b", 2))
    assert stands(found) == {"a": Stand.HOLDS, "b": Stand.HOLDS, "c": Stand.WAITS}


def test_a_tie_goes_by_name() -> None:
    found = decided(claim("b"), claim("a"), nodes=Amount(1))
    assert stands(found) == {"a": Stand.HOLDS, "b": Stand.WAITS}


def test_a_place_that_was_only_just_given_is_not_confirmed() -> None:
    assert not decided(claim("a"))["a"].confirmed


def test_a_place_that_all_can_see_is_confirmed() -> None:
    assert decided(claim("a", stand=Stand.HOLDS))["a"].confirmed


def test_a_draining_node_takes_a_place_and_is_not_decided_about() -> None:
    found = decided(claim("a", stand=Stand.DRAINS), claim("b"), nodes=Amount(1))
    assert stands(found) == {"b": Stand.WAITS}


def test_of_two_that_took_the_last_place_at_once_the_later_notice_gives_it_back() -> None:
    found = decided(
        claim("a", 1, stand=Stand.HOLDS), claim("b", 2, stand=Stand.HOLDS), nodes=Amount(1)
    )
    assert stands(found) == {"a": Stand.HOLDS, "b": Stand.WAITS}
    assert not found["a"].confirmed, "the other may have begun: it is not sure before that is gone"


def test_a_place_that_is_given_back_is_not_taken_again_in_the_same_look() -> None:
    held = [claim("a", 1, stand=Stand.HOLDS), claim("b", 2, zone="b", stand=Stand.HOLDS)]
    found = decided(*held, claim("c", 3), nodes=Amount(1))
    assert stands(found) == {"a": Stand.HOLDS, "b": Stand.WAITS, "c": Stand.WAITS}


def test_the_line_is_told_with_the_budget_and_who_drains() -> None:
    found = decided(
        claim("a", 1, stand=Stand.DRAINS), claim("b", 2), claim("c", 3), nodes=Amount(1)
    )
    assert found["c"].verdict.reason == "NodeBudget"
    assert found["c"].verdict.message == (
        "at most 1 of the 20 nodes of this policy may drain at once, and 1 does (node-a);"
        " node-c is 2nd in line"
    )


def test_of_many_that_drain_three_are_named() -> None:
    busy = [claim(name, stand=Stand.DRAINS) for name in "abcd"]
    message = decided(*busy, claim("e"), nodes=Amount(4))["e"].verdict.message
    assert "and 4 do (node-a, node-b, node-c, ...)" in message


@pytest.mark.parametrize(
    ("place", "says"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st")],
)
def test_places_in_line_read_as_people_write_them(place: int, says: str) -> None:
    line = [claim(f"n{number:02}", number) for number in range(1, place + 1)]
    found = decided(*line, nodes=Amount(0))
    assert f"is {says} in line" in found[f"n{place:02}"].verdict.message


def test_a_percentage_is_of_all_nodes_of_the_policy() -> None:
    line = [claim(name, number) for number, name in enumerate("abc")]
    found = decided(*line, nodes=Amount(10, percent=True))
    assert stands(found) == {"a": Stand.HOLDS, "b": Stand.HOLDS, "c": Stand.WAITS}


def test_a_budget_of_zero_lets_none_drain() -> None:
    verdict = decided(claim("a"), nodes=Amount(0))["a"].verdict
    assert "the budget lets none of the 20 nodes of this policy drain" in verdict.message


def test_without_a_budget_all_may_drain() -> None:
    line = [claim(f"n{number}") for number in range(50)]
    assert set(stands(decided(*line, nodes=None)).values()) == {Stand.HOLDS}


def test_a_full_zone_is_passed_over_by_another_zone() -> None:
    found = decided(
        claim("a", 1, stand=Stand.DRAINS),
        claim("b", 2),
        claim("c", 3, zone="b"),
        per_zone=Amount(1),
    )
    assert stands(found) == {"b": Stand.WAITS, "c": Stand.HOLDS}
    assert found["b"].verdict.reason == "ZoneBudget"


def test_a_full_zone_is_told_with_its_own_numbers() -> None:
    found = decided(claim("a", 1, stand=Stand.DRAINS), claim("b", 2), per_zone=Amount(1))
    assert found["b"].verdict.reason == "ZoneBudget"
    assert found["b"].verdict.message == (
        "at most 1 of the 10 nodes of this policy in a may drain at once, and 1 does (node-a);"
        " node-b is 1st in line"
    )


def test_a_node_of_an_unknown_zone_has_a_zone_of_its_own_with_no_nodes() -> None:
    found = decided(claim("a", zone="unknown"), per_zone=Amount(50, percent=True))
    assert "the 0 nodes of this policy in unknown" in found["a"].verdict.message


NIGHTS = (Opening("0 22 * * *", 8 * HOUR),)


def test_outside_the_schedules_nothing_begins_and_places_are_given_back() -> None:
    # T0 is 00:16:40Z, which the night schedule covers; 08:16:40Z is outside of it.
    line = [claim("a"), claim("b", stand=Stand.HOLDS), claim("c", stand=Stand.DRAINS)]
    found = decided(*line, schedules=NIGHTS, now=T0 + 8 * HOUR)
    assert stands(found) == {"a": Stand.WAITS, "b": Stand.WAITS}
    assert found["a"].verdict.reason == "OutsideSchedule"
    assert found["a"].verdict.message == "outside the policy's schedules until 22:00:00Z"
    assert found["a"].again == 22 * HOUR


def test_inside_the_schedules_drains_begin() -> None:
    assert stands(decided(claim("a"), schedules=NIGHTS)) == {"a": Stand.HOLDS}


def test_an_opening_that_is_more_than_a_day_away_is_told_with_its_date() -> None:
    monthly = (Opening("0 22 15 * *", HOUR),)
    message = decided(claim("a"), schedules=monthly)["a"].verdict.message
    assert message == "outside the policy's schedules until 1970-01-15T22:00:00Z"


SINCE = "1970-01-01T00:16:45Z"


def admission(status: str) -> tuple[dict[str, str], ...]:
    return (
        {"type": "Fenced", "status": "True"},
        {"type": "Admitted", "status": status, "lastTransitionTime": SINCE},
    )


@pytest.mark.parametrize(
    ("status", "stand"),
    [("False", Stand.WAITS), ("Unknown", Stand.HOLDS), ("True", Stand.DRAINS)],
)
def test_how_far_a_drain_has_come_is_read_from_its_condition(status: str, stand: Stand) -> None:
    record = interruption(rebalance_notice(), conditions=admission(status))
    assert stand_from(record) == (stand, T0 + 5)


def test_without_a_condition_of_this_life_a_drain_waits() -> None:
    ended = interruption(
        rebalance_notice(), phase=Phase.EXPIRED, conditions=admission("True"), observed_notices=0
    )
    assert stand_from(interruption(rebalance_notice())) == (Stand.WAITS, None)
    assert stand_from(ended) == (Stand.WAITS, None)


DRAINS = Policy(actions={Kind.SPOT_INTERRUPTION: Action.DRAIN, Kind.REBALANCE: Action.DRAIN})
NODE = node(labels={"topology.kubernetes.io/zone": "a"})


def test_a_recommendation_claims_since_its_first_notice() -> None:
    record = interruption(rebalance_notice(T0 + 60), rebalance_notice())
    assert claim_of(record, NODE, DRAINS) == Claim(INSTANCE, "node-1", "a", T0, Stand.WAITS)


def test_a_drained_node_gives_its_place_free_and_a_draining_one_keeps_it() -> None:
    record = interruption(rebalance_notice(), phase=Phase.DRAINING, conditions=admission("True"))
    claim = claim_of(record, NODE, DRAINS)
    assert claim is not None
    assert claim.stand is Stand.DRAINS
    assert claim_of(replace(record, phase=Phase.DRAINED), NODE, DRAINS) is None


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.DRAINING, Phase.DRAINED])
def test_an_interrupted_node_counts_until_its_end(phase: Phase) -> None:
    claim = claim_of(interruption(spot_notice(), phase=phase), NODE, Policy())
    assert claim is not None
    assert claim.stand is Stand.DRAINS


def test_what_is_over_or_only_cordoned_claims_nothing() -> None:
    over = interruption(spot_notice(), phase=Phase.FINISHED, observed_notices=1)
    assert claim_of(over, NODE, DRAINS) is None
    assert claim_of(interruption(rebalance_notice()), NODE, Policy()) is None
    assert claim_of(replace(over, notices=()), NODE, DRAINS) is None
