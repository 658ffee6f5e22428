"""One queue by a counted clock: what is visible when, and who gets it."""

from __future__ import annotations

import asyncio

import pytest

from hack.quick_queue.queue import LONGEST_HIDDEN, Queue
from hack.quick_queue.refusals import Refusal


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> Queue:
    return Queue(clock)


async def bodies(queue: Queue, most: int = 10, hide: float = 30) -> list[str]:
    return [message.body for message in await queue.receive(most, hide, 0)]


async def test_messages_come_in_their_order_and_are_hidden_meanwhile(
    queue: Queue, clock: Clock
) -> None:
    queue.send(["a", "b", "c"])
    assert await bodies(queue, 2) == ["a", "b"]
    assert queue.counts() == (1, 2)
    assert await bodies(queue) == ["c"]
    assert await bodies(queue) == []
    clock.now += 30
    assert queue.counts() == (3, 0)
    assert await bodies(queue) == ["a", "b", "c"]


async def test_of_two_times_the_later_word_counts(queue: Queue, clock: Clock) -> None:
    queue.send(["a"])
    (message,) = await queue.receive(1, 30, 0)
    queue.hide(message.receipt, 100)
    clock.now += 99
    assert await bodies(queue) == []
    clock.now += 1
    assert await bodies(queue) == ["a"]


async def test_a_message_hidden_again_and_again_is_shown_once(queue: Queue, clock: Clock) -> None:
    queue.send(["a"])
    (message,) = await queue.receive(1, 30, 0)
    queue.hide(message.receipt, 60)
    queue.hide(message.receipt, 10)
    clock.now += 100
    assert await bodies(queue) == ["a"]
    assert await bodies(queue) == []


async def test_a_message_that_is_visible_again_can_be_deleted_by_an_old_receipt(
    queue: Queue, clock: Clock
) -> None:
    queue.send(["a"])
    (message,) = await queue.receive(1, 30, 0)
    clock.now += 30
    queue.delete(message.receipt)
    assert await bodies(queue) == []
    assert queue.counts() == (0, 0)


async def test_nothing_is_hidden_beyond_the_limit_counted_from_the_first_receive(
    queue: Queue, clock: Clock
) -> None:
    queue.send(["a"])
    (message,) = await queue.receive(1, LONGEST_HIDDEN, 0)
    clock.now += 1
    with pytest.raises(Refusal, match="beyond the limit"):
        queue.hide(message.receipt, LONGEST_HIDDEN)
    queue.hide(message.receipt, LONGEST_HIDDEN - 1)


@pytest.mark.parametrize("receipt", ["", "wrong", "Öl", "d3Jvbmc="])
def test_a_receipt_that_was_never_given_out_is_refused(queue: Queue, receipt: str) -> None:
    with pytest.raises(Refusal, match="receipt handle is invalid"):
        queue.delete(receipt)


async def test_who_waits_longest_is_served_first_and_leaves_the_rest_to_the_next() -> None:
    queue = Queue()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(queue.receive(2, 30, 3600))
        await asyncio.sleep(0)
        second = tasks.create_task(queue.receive(2, 30, 3600))
        await asyncio.sleep(0)
        queue.send(["a", "b", "c"])
    assert [message.body for message in first.result()] == ["a", "b"]
    assert [message.body for message in second.result()] == ["c"]


async def test_who_stops_to_wait_when_served_leaves_it_to_the_next() -> None:
    queue = Queue()
    first = asyncio.create_task(queue.receive(1, 30, 3600))
    await asyncio.sleep(0)
    second = asyncio.create_task(queue.receive(1, 30, 3600))
    await asyncio.sleep(0)
    queue.send(["a"])
    first.cancel()
    assert [message.body for message in await second] == ["a"]
    with pytest.raises(asyncio.CancelledError):
        await first
