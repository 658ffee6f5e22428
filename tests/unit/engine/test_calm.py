"""Evictions wait while notices are being fenced, but not for ever."""

from __future__ import annotations

import asyncio

from controller.engine.calm import Calm


async def test_nobody_waits_when_nothing_is_being_fenced() -> None:
    await Calm(quiet=3600, longest=3600).wait()


async def test_evictions_wait_for_the_last_fence_of_a_burst() -> None:
    calm, order = Calm(quiet=0.01, longest=3600), list[str]()
    fences = asyncio.Event()

    async def fence(name: str) -> None:
        with calm.fencing():
            await fences.wait()
            order.append(name)

    async def evict() -> None:
        await calm.wait()
        order.append("evict")

    burst = [asyncio.create_task(fence(str(n))) for n in range(3)]
    await asyncio.sleep(0)
    eviction = asyncio.create_task(evict())
    await asyncio.sleep(0)
    fences.set()
    await asyncio.gather(*burst, eviction)

    assert order == ["0", "1", "2", "evict"]


async def test_evictions_wait_after_another_replica_was_heard_to_fence() -> None:
    calm = Calm(quiet=3600, longest=3600)
    calm.heard()

    waiting = asyncio.create_task(calm.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_a_fence_that_hangs_does_not_hold_evictions_for_ever() -> None:
    calm = Calm(quiet=0.01, longest=0.05)

    with calm.fencing():
        await calm.wait()


async def test_who_has_little_time_left_waits_for_little_of_it() -> None:
    """The next one has none left at all, and the last one no deadline."""
    calm = Calm(quiet=0.01, longest=3600)

    with calm.fencing():
        await calm.wait(left=1.0)
        await calm.wait(left=-1.0)
        waiting = asyncio.create_task(calm.wait())
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await waiting
