"""Calls about lifecycle actions: counted, and made in each region that a queue is in."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal

from controller import metrics
from controller.domain.lifecycle import OVER, ScalingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.domain.lifecycle import LifecycleAction
    from controller.domain.verdict import Verdict
    from controller.engine.ports import Scaling

    Call = Literal["complete", "heartbeat"]

PAUSES = (2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between tries that failed. Each has tried for itself for a while (aws/client.py), and an
IAM policy that was mended takes effect within about a minute."""


def pause_after(failures: int) -> float:
    """Give the seconds to wait after so many failures in a row (1 or more).

    By chance shorter: a hundred instances that were refused together do not come back together.
    """
    longest = PAUSES[min(failures, len(PAUSES)) - 1]
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - no secret


class Hooks:
    """Auto Scaling as one, whatever the number of regions; mostly it is one.

    No message tells its region for sure, and another region says of a foreign action that it is
    over. So it is over where all of them say so.
    """

    def __init__(self, regions: Sequence[Scaling]) -> None:
        self._regions = regions

    async def complete(self, action: LifecycleAction) -> Verdict:
        """Let an instance go; raises ScalingError."""
        return await self._counted("complete", action)

    async def heartbeat(self, action: LifecycleAction) -> Verdict:
        """Have an instance kept; raises ScalingError."""
        return await self._counted("heartbeat", action)

    async def _counted(self, call: Call, action: LifecycleAction) -> Verdict:
        try:
            verdict = await self._anywhere(call, action)
        except ScalingError:
            metrics.lifecycle_calls.labels(call, "failed").inc()
            raise
        metrics.lifecycle_calls.labels(call, "over" if verdict.reason == OVER else "ok").inc()
        return verdict

    async def _anywhere(self, call: Call, action: LifecycleAction) -> Verdict:
        verdict: Verdict | None = None
        failure: ScalingError | None = None
        for region in self._regions:
            try:
                verdict = await (
                    region.complete(action) if call == "complete" else region.heartbeat(action)
                )
            except ScalingError as error:
                failure = error
            else:
                if verdict.reason != OVER:
                    return verdict
        if failure is not None or verdict is None:
            raise failure or ScalingError("There is no region to call.", "NoRegion")
        return verdict
