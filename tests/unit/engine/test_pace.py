"""Wake-ups in bunches, and writes that are rare and one at a time."""

from __future__ import annotations

import asyncio

from controller.engine.pace import Throttle, Wake


async def test_a_wake_up_before_the_wait_is_not_lost() -> None:
    wake = Wake()

    wake()

    await asyncio.wait_for(wake.wait(None), 5)


async def test_what_happens_within_a_moment_wakes_once() -> None:
    wake = Wake()
    wake()
    waiter = asyncio.create_task(wake.wait(None))
    await asyncio.sleep(0)
    wake()
    await waiter

    again = asyncio.create_task(wake.wait(None))
    await asyncio.sleep(0)

    assert not again.done()
    again.cancel()


async def test_the_time_out_ends_the_wait() -> None:
    await asyncio.wait_for(Wake().wait(0.01), 5)


async def test_a_second_write_is_put_off_until_its_time() -> None:
    now, written = 100.0, list[str]()
    throttle = Throttle(2.0, lambda: now)

    async def write(text: str) -> None:
        written.append(text)

    assert throttle.offer(lambda: write("first")) is None
    await throttle.finish()
    now = 101.5
    assert throttle.offer(lambda: write("too soon")) == 102.0
    now = 102.0
    assert throttle.offer(lambda: write("second")) is None
    await throttle.finish()

    assert written == ["first", "second"]


async def test_a_write_under_way_is_waited_for_not_joined_by_another() -> None:
    now, release, written = 100.0, asyncio.Event(), list[str]()
    throttle = Throttle(2.0, lambda: now)

    async def write(text: str) -> None:
        await release.wait()
        written.append(text)

    throttle.offer(lambda: write("slow"))
    await asyncio.sleep(0)
    now = 110.0
    assert throttle.offer(lambda: write("meanwhile")) == 112.0
    release.set()
    await throttle.finish()

    assert written == ["slow"]
