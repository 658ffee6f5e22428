"""What bears to wait is a recommendation or an event of coming days, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.domain.message import Message
from controller.domain.notice import Ignored, Kind, Malformed, Notice
from controller.engine.received import Received
from tests.builders import INSTANCE, T0

if TYPE_CHECKING:
    from controller.domain.notice import Answer


def received(said: Answer) -> Received:
    return Received(Message("1", "receipt", ""), said, T0)


def notice(kind: Kind) -> Notice:
    return Notice(str(kind), kind, INSTANCE, T0)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_waits_or_does_not(kind: Kind) -> None:
    found = received([notice(kind)])
    assert found.urgent == (kind not in {Kind.REBALANCE, Kind.SCHEDULED_CHANGE})
    assert found.gravity == kind.gravity


def test_the_gravest_of_several_decides() -> None:
    found = received([notice(Kind.REBALANCE), notice(Kind.SPOT_INTERRUPTION)])
    assert found.urgent
    assert found.gravity == Kind.SPOT_INTERRUPTION.gravity


@pytest.mark.parametrize(
    "said", [Malformed("no JSON"), [], [Ignored("other", "unsupported", "nothing")]]
)
def test_what_asks_for_nothing_takes_no_time_so_it_does_not_wait(said: Answer) -> None:
    assert received(said).urgent
