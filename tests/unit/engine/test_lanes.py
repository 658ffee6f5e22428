"""Evictions in flight for a budget: the order of turns, what a refusal does, who is overtaken."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from controller.engine import lanes as module
from controller.engine.lanes import Lanes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from controller.engine.lanes import Lane, Rank

INVOLUNTARY, VOLUNTARY = False, True


async def take(lane: Lane, rank: Rank, name: str, turns: list[str]) -> None:
    """Take one turn and note it."""
    async with lane.turn(rank):
        turns.append(name)
        await asyncio.sleep(0)


async def test_turns_are_one_at_a_time() -> None:
    lane, inside, most = Lanes()["shop/cart"], 0, 0

    async def one() -> None:
        nonlocal inside, most
        async with lane.turn((INVOLUNTARY, 0, 0.0)):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one() for _ in range(20)))

    assert most == 1


async def test_interruptions_go_before_voluntary_drains_then_priority_then_deadline() -> None:
    lane, turns = Lanes()["shop/cart"], list[str]()
    async with lane.turn((INVOLUNTARY, 0, 0.0)):
        waiting = [
            asyncio.create_task(take(lane, rank, name, turns))
            for name, rank in {
                "voluntary": (VOLUNTARY, -10, 0.0),
                "high": (INVOLUNTARY, 1000, 50.0),
                "low, later deadline": (INVOLUNTARY, -10, 99.0),
                "low, sooner deadline": (INVOLUNTARY, -10, 50.0),
            }.items()
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert turns == ["low, sooner deadline", "low, later deadline", "high", "voluntary"]


async def test_equal_ranks_go_in_the_order_in_which_they_came() -> None:
    lane, turns = Lanes()["shop/cart"], list[str]()

    await asyncio.gather(*(take(lane, (INVOLUNTARY, 0, 0.0), str(n), turns) for n in range(5)))

    assert turns == ["0", "1", "2", "3", "4"]


async def test_after_a_refusal_nobody_asks_before_the_watch_shows_room() -> None:
    lanes, turns = Lanes(), list[str]()
    lane = lanes["shop/cart"]
    async with lane.turn((INVOLUNTARY, 0, 0.0)):
        lane.refused()
    waiting = asyncio.create_task(take(lane, (INVOLUNTARY, 0, 0.0), "next", turns))
    for _ in range(10):
        await asyncio.sleep(0)
    before = list(turns)

    lanes.room("shop/cart")
    await waiting

    assert (before, turns) == ([], ["next"])


async def test_after_a_refusal_the_budget_is_polled_although_the_watch_tells_nothing() -> None:
    lane, turns = Lanes()["shop/cart"], list[str]()
    async with lane.turn((INVOLUNTARY, 0, 0.0)):
        lane.refused()

    await take(lane, (INVOLUNTARY, 0, 0.0), "next", turns)

    assert turns == ["next"]


async def test_a_lane_is_blocked_from_a_refusal_to_an_acceptance() -> None:
    lanes = Lanes()
    async with lanes["shop/cart"].turn((INVOLUNTARY, 0, 0.0)) as lane:
        lane.refused()
    blocked = lanes.blocked()
    lanes.room("shop/cart")
    async with lanes["shop/cart"].turn((INVOLUNTARY, 0, 0.0)) as lane:
        lane.accepted()

    assert (blocked, lanes.blocked()) == (frozenset({"shop/cart"}), frozenset())


async def test_one_who_gives_up_waiting_takes_no_turn_away() -> None:
    lane, turns = Lanes()["shop/cart"], list[str]()
    async with lane.turn((INVOLUNTARY, 0, 0.0)):
        gives_up = asyncio.create_task(take(lane, (INVOLUNTARY, 0, 0.0), "gives up", turns))
        stays = asyncio.create_task(take(lane, (INVOLUNTARY, 1, 0.0), "stays", turns))
        await asyncio.sleep(0)
        gives_up.cancel()
    await stays

    assert turns == ["stays"]


async def test_one_who_is_cancelled_in_the_moment_of_its_turn_hands_it_on() -> None:
    lane, turns = Lanes()["shop/cart"], list[str]()
    async with lane.turn((INVOLUNTARY, 0, 0.0)):
        cancelled = asyncio.create_task(take(lane, (INVOLUNTARY, 0, 0.0), "cancelled", turns))
        stays = asyncio.create_task(take(lane, (INVOLUNTARY, 1, 0.0), "stays", turns))
        await asyncio.sleep(0)
    # The place was given at the end of the block; the task has not run since.
    cancelled.cancel()
    await stays

    assert turns == ["stays"]


async def test_a_deleted_budgets_lane_is_forgotten_once_nobody_is_in_it() -> None:
    lanes = Lanes()
    async with lanes["shop/cart"].turn((INVOLUNTARY, 0, 0.0)) as lane:
        lane.refused()
        lanes.forget("shop/cart")
        busy = lanes["shop/cart"] is lane
    lanes.forget("shop/cart")

    assert busy
    assert lanes["shop/cart"] is not lane
    lanes.forget("never/seen")


@asynccontextmanager
async def held_up(lane: Lane, number: int) -> AsyncIterator[asyncio.Queue[int]]:
    """Have evictions in a lane whose answers do not come; gives who has begun, in their order."""
    begun, never = asyncio.Queue[int](), asyncio.Event()

    async def ask(one: int) -> None:
        async with lane.turn((INVOLUNTARY, 0, 0.0)):
            begun.put_nowait(one)
            await never.wait()

    tasks = [asyncio.create_task(ask(one)) for one in range(number)]
    yield begun
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_who_is_held_up_is_overtaken_by_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits 500 ms in the API server for somebody else's write: together, not in a row."""
    monkeypatch.setattr(module, "HELD_UP_SECONDS", 0.01)
    lane = Lanes()["shop/cart"]
    lane.accepted()
    async with held_up(lane, module.MOST + 2) as begun:
        assert [await begun.get() for _ in range(module.MOST)] == list(range(module.MOST))
        await asyncio.sleep(0.05)
        assert begun.empty()
    assert lane.idle


async def test_nobody_is_overtaken_who_is_answered_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_UP_SECONDS", 3600.0)
    lane = Lanes()["shop/cart"]
    lane.accepted()
    async with held_up(lane, 2) as begun:
        assert await begun.get() == 0
        await asyncio.sleep(0.05)
        assert begun.empty()


@pytest.mark.parametrize("refused", [False, True])
async def test_a_budget_that_has_not_shown_room_is_asked_by_one(
    monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    monkeypatch.setattr(module, "HELD_UP_SECONDS", 0.001)
    lane = Lanes()["shop/cart"]
    if refused:
        lane.accepted()
        lane.refused()
        lane.room()
    async with held_up(lane, 2) as begun:
        assert await begun.get() == 0
        await asyncio.sleep(0.05)
        assert begun.empty()


async def test_after_one_got_through_the_next_goes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than the loop's time has run, which may begin with the machine's start.
    for_ever = asyncio.get_running_loop().time() + 3600.0
    monkeypatch.setattr(module, "HELD_UP_SECONDS", for_ever)
    lane, turns = Lanes()["shop/cart"], list[str]()
    lane.accepted()
    async with held_up(lane, 1) as begun:
        await begun.get()
        # As if it had been held up for long.
        monkeypatch.setattr(module, "HELD_UP_SECONDS", 0.0)
        async with lane.turn((INVOLUNTARY, 0, 0.0)):
            monkeypatch.setattr(module, "HELD_UP_SECONDS", for_ever)
        await take(lane, (INVOLUNTARY, 0, 0.0), "next", turns)
    assert turns == ["next"]
