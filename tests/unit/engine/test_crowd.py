"""The more drains are at work, the more news one look gathers; what is due meanwhile is not late."""

from __future__ import annotations

from controller.engine.pace import BUNCH_SECONDS, LONGEST_BUNCH_SECONDS, Crowd, Wake


def crowd_of(drains: int, pods: int = 10) -> Crowd:
    crowd = Crowd()
    for drain in range(drains):
        crowd.note(drain, pods + 1)
        crowd.note(drain, pods)
    return crowd


def test_a_few_pods_are_looked_at_soon_and_many_in_turn() -> None:
    assert crowd_of(0).bunch() == crowd_of(1).bunch() == BUNCH_SECONDS
    assert BUNCH_SECONDS < crowd_of(20).bunch() < crowd_of(40).bunch() == crowd_of(10, 40).bunch()
    assert crowd_of(10_000).bunch() == LONGEST_BUNCH_SECONDS


def test_a_drain_that_only_waits_is_counted_no_more() -> None:
    crowd = crowd_of(300)
    for drain in range(1, 300):
        crowd.note(drain, 0)
        crowd.note(drain, 0)
    assert crowd.size == 1
    assert crowd.bunch() == BUNCH_SECONDS


async def test_what_is_due_is_not_held_up_by_the_gathering() -> None:
    wake = Wake(lambda: 3600.0)
    wake()

    await wake.wait(0.01)


def test_a_large_crowd_tells_its_numbers_less_often_and_never_seldom() -> None:
    assert crowd_of(0).stretch() == crowd_of(20).stretch() == 1.0
    assert crowd_of(60).stretch() == 3.0
    assert crowd_of(1000).stretch() == 15.0
