"""Which owners keep bringing their pods back to a node that is being drained."""

from __future__ import annotations

from controller.engine.returns import Returns
from tests.builders import pod


def test_one_return_may_be_a_race_and_two_are_a_toleration() -> None:
    returns = Returns()
    first, second, third = (pod(f"web-{n}", owner_uid="rs") for n in range(3))
    returns.asked(first)
    returns.came(second)
    assert returns.owners([second]) == frozenset()
    returns.asked(second)
    returns.came(third)
    assert returns.owners([third]) == {"rs"}


def test_a_pod_that_was_there_first_is_asked_before_its_owner_is_given_up() -> None:
    returns = Returns()
    gone, stays = pod("web-0", owner_uid="rs"), pod("web-1", owner_uid="rs")
    back, again = pod("web-2", owner_uid="rs"), pod("web-3", owner_uid="rs")
    returns.asked(gone)
    returns.came(back)
    returns.came(again)
    assert returns.owners([stays, back, again]) == frozenset()
    stopping = pod("web-1", owner_uid="rs", deletion_time=1.0)
    assert returns.owners([stopping, back, again]) == {"rs"}


def test_pods_of_owners_that_nobody_asked_to_leave_are_newcomers() -> None:
    returns = Returns()
    for n in range(3):
        returns.came(pod(f"late-{n}", owner_uid="rs"))
    assert returns.owners([]) == frozenset()


def test_pods_without_an_owner_are_never_counted_together() -> None:
    returns = Returns()
    returns.asked(pod("one"))
    returns.came(pod("two"))
    returns.came(pod("three"))
    assert returns.owners([]) == frozenset()
