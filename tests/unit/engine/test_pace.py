"""Wake-ups in bunches, and writes that are rare and one at a time."""

from __future__ import annotations

import asyncio

from controller.engine.pace import Throttle, Wake


async def test_a_wake_up_before_the_wait_is_not_lost() -> None:
    wake = Wake()

    wake()

    await wake.wait(None)


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
    await Wake().wait(0.01)


async def test_a_second_write_is_put_off_until_its_time() -> None:
    now, written = 100.0, list[str]()
    throttle = Throttle(2.0, 5.0, lambda: now)

    async def write(text: str) -> None:
        written.append(text)

    assert throttle.offer(lambda: write("first"), news=True) is None
    await throttle.finish()
    now = 101.5
    assert throttle.offer(lambda: write("too soon"), news=True) == 102.0
    now = 102.0
    assert throttle.offer(lambda: write("second"), news=True) is None
    await throttle.finish()

    assert written == ["first", "second"]


async def test_an_urgent_write_waits_only_for_the_one_before() -> None:
    now, release, written = 100.0, asyncio.Event(), list[str]()
    throttle = Throttle(2.0, 10.0, lambda: now)

    async def write(text: str) -> None:
        await release.wait()
        written.append(text)

    assert throttle.offer(lambda: write("first"), news=True) is None
    soon = throttle.offer(lambda: write("under way"), news=True, urgent=True)
    assert soon is not None
    assert now < soon < 102.0
    release.set()
    await throttle.finish()
    assert throttle.offer(lambda: write("urgent"), news=True, urgent=True) is None
    await throttle.finish()

    assert written == ["first", "urgent"]


async def test_a_write_under_way_is_waited_for_not_joined_by_another() -> None:
    now, release, written = 100.0, asyncio.Event(), list[str]()
    throttle = Throttle(2.0, 5.0, lambda: now)

    async def write(text: str) -> None:
        await release.wait()
        written.append(text)

    throttle.offer(lambda: write("slow"), news=True)
    await asyncio.sleep(0)
    now = 110.0
    assert throttle.offer(lambda: write("meanwhile"), news=True) == 112.0
    release.set()
    await throttle.finish()

    assert written == ["slow"]


async def test_while_there_is_no_news_the_pauses_grow_up_to_a_bound() -> None:
    now = 100.0
    throttle = Throttle(2.0, 5.0, lambda: now)

    async def write() -> None:
        """Write nothing."""

    pauses = []
    for _ in range(5):
        assert throttle.offer(write, news=False) is None
        await throttle.finish()
        later = throttle.later(news=False)
        assert later is not None
        pauses.append(later - now)
        now = later

    assert pauses == [3.0, 4.5, 5.0, 5.0, 5.0]


async def test_news_wait_for_the_shortest_pause_only_and_start_it_anew() -> None:
    now = 100.0
    throttle = Throttle(2.0, 5.0, lambda: now)

    async def write() -> None:
        """Write nothing."""

    for _ in range(3):
        now += 10
        throttle.offer(write, news=False)
        await throttle.finish()

    assert throttle.later(news=False) == 135.0
    assert throttle.later(news=True) == 132.0
    now = 132.0
    throttle.offer(write, news=True)
    await throttle.finish()
    assert throttle.later(news=False) == 134.0


async def test_in_a_crowd_numbers_wait_longer_and_news_does_not() -> None:
    now, stretch = 100.0, 1.0
    throttle = Throttle(2.0, 10.0, lambda: now, lambda: stretch)

    async def write() -> None:
        """Write nothing."""

    assert throttle.offer(write, news=True) is None
    await throttle.finish()
    stretch = 6.0

    assert throttle.later(news=False) == 112.0
    assert throttle.later(news=True) == 102.0
