"""What became of what was announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.drain.outcome import conversion, never, went
from tests.builders import (
    T0,
    interruption,
    rebalance_notice,
    scheduled_notice,
    spot_notice,
    state_notice,
)

if TYPE_CHECKING:
    from controller.domain.notice import Notice

SPOT, HINT, END = spot_notice(T0 + 60), rebalance_notice(), state_notice(time=T0 + 90)


@pytest.mark.parametrize(
    ("notices", "reason"),
    [
        ((SPOT, END), "AsAnnounced"),
        ((HINT, SPOT), "AsAnnounced"),
        ((scheduled_notice(T0 + 60),), "AsAnnounced"),
        ((END,), "Unannounced"),
        # Days ago, and the instance was stopped and started again.
        ((SPOT, state_notice(time=T0 + 86_400)), "Unannounced"),
        ((HINT, END), "Unannounced"),
        ((HINT, state_notice("running")), "AfterRecommendation"),
    ],
)
def test_an_instance_that_went_was_announced_or_not(
    notices: tuple[Notice, ...], reason: str
) -> None:
    assert went(interruption(*notices)).reason == reason


def test_what_did_not_come_to_pass_has_a_sentence_and_all_else_has_none() -> None:
    assert never("Withdrawn") == ("Withdrawn", "AWS has taken back what it had announced")
    assert never("Drained") is None


def test_a_recommendation_is_worth_the_time_until_the_notice_that_follows() -> None:
    assert conversion(interruption(HINT, rebalance_notice(T0 + 30), SPOT), SPOT) == 60.0


def test_without_a_recommendation_before_it_or_with_another_notice_nothing_is_converted() -> None:
    assert conversion(interruption(SPOT), SPOT) is None
    assert conversion(interruption(SPOT, rebalance_notice(T0 + 70)), SPOT) is None
    assert conversion(interruption(HINT, spot_notice(T0 + 50), SPOT), SPOT) is None
