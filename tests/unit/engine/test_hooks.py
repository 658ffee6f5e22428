"""Auto Scaling in several regions: whoever knows the action has the say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.domain.lifecycle import COMPLETED, EXTENDED, OVER, LifecycleAction, ScalingError
from controller.domain.verdict import Verdict
from controller.engine.hooks import PAUSES, Hooks, pause_after
from tests.builders import INSTANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

ACTION = LifecycleAction("my-asg", "spotdrain", "", INSTANCE)
AWAY = ScalingError("It is away.", "Unreachable")


class Region:
    """A region that says one thing, whatever it is asked."""

    def __init__(self, says: str | ScalingError) -> None:
        self._says = says
        self.asked: list[str] = []

    async def complete(self, action: LifecycleAction) -> Verdict:
        """Answer."""
        self.asked.append(f"complete {action.hook}")
        return self._answer()

    async def heartbeat(self, action: LifecycleAction) -> Verdict:
        """Answer."""
        self.asked.append(f"heartbeat {action.hook}")
        return self._answer()

    def _answer(self) -> Verdict:
        if isinstance(self._says, ScalingError):
            raise self._says
        return Verdict(self._says, "")


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ([COMPLETED], COMPLETED),
        ([OVER], OVER),
        ([OVER, COMPLETED], COMPLETED),
        ([OVER, OVER], OVER),
        ([AWAY, COMPLETED], COMPLETED),
    ],
)
async def test_it_is_over_where_all_regions_say_so(
    says: Sequence[str | ScalingError], reason: str
) -> None:
    assert (await Hooks([Region(say) for say in says]).complete(ACTION)).reason == reason


@pytest.mark.parametrize("says", [[AWAY], [AWAY, OVER], [OVER, AWAY]])
async def test_a_region_that_does_not_answer_may_be_the_one(
    says: Sequence[str | ScalingError],
) -> None:
    with pytest.raises(ScalingError, match="It is away"):
        await Hooks([Region(say) for say in says]).heartbeat(ACTION)


async def test_nobody_is_asked_after_an_answer() -> None:
    first, second = Region(EXTENDED), Region(EXTENDED)
    assert (await Hooks([first, second]).heartbeat(ACTION)).reason == EXTENDED
    assert (first.asked, second.asked) == (["heartbeat spotdrain"], [])


async def test_without_a_region_it_says_so() -> None:
    with pytest.raises(ScalingError, match="no region"):
        await Hooks([]).complete(ACTION)


def test_pauses_between_tries_grow_to_half_a_minute() -> None:
    for failures in range(1, 9):
        longest = PAUSES[min(failures, len(PAUSES)) - 1]
        assert longest / 2 <= pause_after(failures) <= longest
    assert max(PAUSES) == 30
