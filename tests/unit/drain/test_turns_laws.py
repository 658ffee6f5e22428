"""Laws of the turns, with several replicas that look and write in any order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.domain.policy import Amount, RebalancePolicy
from controller.drain.turns import Claim, Stand, turns
from tests.builders import T0

ZONES = {"a": 4, "b": 3, "c": 1}
amounts = st.builds(Amount, st.integers(0, 5)) | st.builds(
    Amount, st.integers(0, 100), st.just(True)
)

policies = st.builds(
    RebalancePolicy, nodes=st.none() | amounts, per_zone=st.none() | amounts, schedules=st.just(())
)


@st.composite
def lines(draw: st.DrawFn, stands: st.SearchStrategy[Stand]) -> list[Claim]:
    """Draw up to eight claims, with ties."""
    return [
        Claim(
            f"n{number}",
            f"node-{number}",
            draw(st.sampled_from(sorted(ZONES))),
            T0 + draw(st.integers(0, 3)),
            draw(stands),
        )
        for number in range(draw(st.integers(0, 8)))
    ]


any_lines = lines(st.sampled_from(Stand))
new_lines = lines(st.just(Stand.WAITS))


def within(claims: list[Claim], policy: RebalancePolicy) -> bool:
    """Tell whether so many nodes may drain at once."""
    if policy.nodes is not None and len(claims) > policy.nodes.of(sum(ZONES.values())):
        return False
    return policy.per_zone is None or all(
        sum(claim.zone == zone for claim in claims) <= policy.per_zone.of(count)
        for zone, count in ZONES.items()
    )


@given(any_lines.flatmap(lambda line: st.tuples(st.just(line), st.permutations(line))), policies)
def test_the_order_of_the_records_does_not_matter(
    lines: tuple[list[Claim], list[Claim]], policy: RebalancePolicy
) -> None:
    line, shuffled = lines
    assert turns(line, ZONES, policy, T0) == turns(shuffled, ZONES, policy, T0)


@given(any_lines, policies)
def test_everybody_who_has_not_begun_is_decided_about(
    line: list[Claim], policy: RebalancePolicy
) -> None:
    found = turns(line, ZONES, policy, T0)
    assert found.keys() == {claim.name for claim in line if claim.stand is not Stand.DRAINS}


@given(any_lines, policies)
def test_with_those_that_may_begin_the_budget_is_not_exceeded(
    line: list[Claim], policy: RebalancePolicy
) -> None:
    """Interrupted nodes may exceed it alone, in total or in a zone: then nobody begins there."""
    found = turns(line, ZONES, policy, T0)
    begins = [claim for claim in line if claim.name in found and found[claim.name].confirmed]
    drain = [claim for claim in line if claim.stand is Stand.DRAINS] + begins
    for zone in {claim.zone for claim in begins}:
        assert within([claim for claim in drain if claim.zone == zone], policy)
    if begins and policy.nodes is not None:
        assert len(drain) <= policy.nodes.of(sum(ZONES.values()))


@given(new_lines, policies)
def test_an_older_notice_is_never_passed_over_by_a_younger_one_of_its_zone(
    line: list[Claim], policy: RebalancePolicy
) -> None:
    found = turns(line, ZONES, policy, T0)
    for old in line:
        for young in line:
            if old.zone == young.zone and (old.since, old.name) < (young.since, young.name):
                passed = found[young.name].stand is Stand.HOLDS
                assert not passed or found[old.name].stand is Stand.HOLDS


@given(new_lines, policies)
def test_no_place_stays_empty_while_somebody_could_take_it(
    line: list[Claim], policy: RebalancePolicy
) -> None:
    found = turns(line, ZONES, policy, T0)
    placed = [claim for claim in line if found[claim.name].stand is Stand.HOLDS]
    for claim in line:
        if claim not in placed:
            assert not within([*placed, claim], policy)


actions = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["look", "write", "write", "end"])), max_size=80
)


@given(new_lines, policies, actions)
def test_replicas_that_look_and_write_at_any_time_never_exceed_the_budget(
    line: list[Claim], policy: RebalancePolicy, deeds: list[tuple[int, str]]
) -> None:
    """Each drain has a replica of its own here; between its look and its write others may act."""
    shared = {claim.name: claim for claim in line}
    meant: dict[str, Stand] = {}
    for number, deed in deeds:
        if (name := f"n{number}") not in shared:
            continue
        mine = shared[name]
        if deed == "look" and mine.stand is not Stand.DRAINS:
            turn = turns(shared.values(), ZONES, policy, T0)[name]
            meant[name] = Stand.DRAINS if turn.confirmed else turn.stand
        elif deed == "write" and name in meant:
            shared[name] = replace(mine, stand=meant.pop(name))
        elif deed == "end" and mine.stand is Stand.DRAINS:
            del shared[name]
        begun = [claim for claim in shared.values() if claim.stand is Stand.DRAINS]
        assert within(begun, policy)


@given(new_lines, policies)
def test_in_the_end_everybody_drains_whom_the_budget_lets(
    line: list[Claim], policy: RebalancePolicy
) -> None:
    shared = {claim.name: claim for claim in line}
    for _ in range(3 * len(line)):
        for name, turn in turns(shared.values(), ZONES, policy, T0).items():
            stand = Stand.DRAINS if turn.confirmed else turn.stand
            shared[name] = replace(shared[name], stand=stand)
        shared = {name: c for name, c in shared.items() if c.stand is not Stand.DRAINS}
    assert all(not within([claim], policy) for claim in shared.values())
