"""The places for calls in flight: who gets them, and how many there are."""

from __future__ import annotations

import asyncio

from controller.domain.verdict import Verdict
from controller.drain.answer import Answer, Outcome, no_answer
from controller.engine.gate import Gate
from controller.engine.limit import Limit

INVOLUNTARY, VOLUNTARY = False, True
DONE = Answer(Outcome.ACCEPTED, 201, Verdict("Accepted", "accepted"))
PAUSE = 0.05
SHED = Answer(Outcome.BUSY, 429, Verdict("APIServerBusy", "too many"), 1.0, PAUSE)


async def take(gate: Gate, urgency: tuple[bool, float], name: str, turns: list[str]) -> None:
    async with gate.turn(urgency):
        turns.append(name)
        await asyncio.sleep(0)


async def test_no_more_are_inside_than_there_are_places() -> None:
    gate, inside, most = Gate(Limit.wide(3, 1)), 0, 0

    async def one() -> None:
        nonlocal inside, most
        async with gate.turn((INVOLUNTARY, 0.0)):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one() for _ in range(20)))

    assert most == 3


async def test_interruptions_go_before_voluntary_drains_and_earlier_deadlines_first() -> None:
    gate, turns = Gate(Limit.wide(1, 1)), list[str]()
    async with gate.turn((INVOLUNTARY, 0.0)):
        waiting = [
            asyncio.create_task(take(gate, urgency, name, turns))
            for name, urgency in {
                "voluntary": (VOLUNTARY, 0.0),
                "later": (INVOLUNTARY, 99.0),
                "sooner": (INVOLUNTARY, 50.0),
                "sooner too": (INVOLUNTARY, 50.0),
            }.items()
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert turns == ["sooner", "sooner too", "later", "voluntary"]


async def test_a_server_that_pushes_back_gets_fewer_calls_and_then_more_again() -> None:
    gate = Gate(Limit.wide(50))
    gate.learn(no_answer("reset"), asyncio.get_running_loop().time())
    assert gate.size == 25

    for _ in range(2000):
        gate.learn(DONE, 0.0)
    assert gate.size == 50


async def test_a_pause_holds_everybody_and_ends_by_itself() -> None:
    gate, clock = Gate(Limit.wide(2, 1)), asyncio.get_running_loop().time
    shed = clock()
    gate.learn(SHED, shed)

    async with gate.turn((INVOLUNTARY, 0.0)):
        assert clock() >= shed + PAUSE


async def test_whoever_gives_up_takes_no_place_with_him() -> None:
    gate, turns = Gate(Limit.wide(1, 1)), list[str]()
    async with gate.turn((INVOLUNTARY, 0.0)):
        gone = asyncio.create_task(take(gate, (INVOLUNTARY, 1.0), "gone", turns))
        stays = asyncio.create_task(take(gate, (INVOLUNTARY, 2.0), "stays", turns))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    await stays

    assert turns == ["stays"]


async def test_a_place_given_to_whoever_is_cancelled_in_that_moment_is_handed_on() -> None:
    gate, turns = Gate(Limit.wide(1, 1)), list[str]()
    async with gate.turn((INVOLUNTARY, 0.0)):
        gone = asyncio.create_task(take(gate, (INVOLUNTARY, 1.0), "gone", turns))
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await take(gate, (INVOLUNTARY, 2.0), "next", turns)

    assert turns == ["next"]
