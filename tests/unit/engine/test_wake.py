"""Wake-ups: bunched, timed, and never in the way of a cancellation."""

from __future__ import annotations

import asyncio

import pytest

from controller.engine.pace import Wake


async def test_a_cancellation_in_the_moment_of_a_wake_up_is_obeyed() -> None:
    """`asyncio.wait_for` of Python 3.11 forgets it, and a drain would then outlive SIGTERM."""
    wake = Wake()
    task = asyncio.create_task(wake.wait(3600))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    wake()
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_wake_up_before_the_wait_is_not_lost_and_counts_once() -> None:
    wake = Wake()
    wake()
    wake()
    await wake.wait(0)

    again = asyncio.create_task(wake.wait(None))
    await asyncio.sleep(0)
    assert not again.done()
    wake()
    await again
