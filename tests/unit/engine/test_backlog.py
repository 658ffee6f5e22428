"""What waits is handled by gravity and age, behind what is urgent, and nobody else gets it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from controller.domain.message import Message, Refusal
from controller.domain.notice import Kind, Notice
from controller.engine import backlog as module
from controller.engine.backlog import Backlog
from controller.engine.received import Received
from tests.builders import INSTANCE, T0

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence


def received(name: str, kind: Kind = Kind.REBALANCE, receipt: str = "") -> Received:
    message = Message(name, receipt or f"receipt-{name}", "")
    return Received(message, [Notice(name, kind, INSTANCE, T0)], T0)


class Hands:
    """Handles one message at a time, as far as it is let; notes what it did and what was hidden."""

    name = "queue"

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.hidden: asyncio.Queue[tuple[list[str], int]] = asyncio.Queue()
        self.go_on = asyncio.Semaphore(0)
        self.refuse: Sequence[Refusal] = []
        self.standing = False
        self.asked = asyncio.Semaphore(0)
        self.backlog = Backlog(self, self.handle, self.stands)

    async def handle(self, found: Received) -> None:
        """Handle one as far as it is let."""
        self.begun.put_nowait(found.message.id)
        await self.go_on.acquire()
        self.done.append(found.message.receipt)

    async def stands(self) -> bool:
        """Tell what the test says; whoever asked has acted on it when it is asked again."""
        self.asked.release()
        return self.standing

    async def hide(self, receipts: Mapping[str, int]) -> Sequence[Refusal]:
        """Note what is hidden."""
        self.hidden.put_nowait((sorted(receipts), max(receipts.values())))
        return self.refuse

    async def hides(self, receipts: list[str]) -> None:
        """Wait until exactly these are hidden in one call."""
        while (await self.hidden.get())[0] != receipts:
            pass

    async def receive(self) -> Sequence[Message]:
        """Receive nothing."""
        return []

    async def delete(self, receipts: Sequence[str]) -> Sequence[Refusal]:
        """Delete nothing."""
        return []


@pytest.fixture(autouse=True)
def _one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORKERS", 1)


@asynccontextmanager
async def running(hands: Hands) -> AsyncIterator[None]:
    task = asyncio.create_task(hands.backlog.run())
    yield
    task.cancel()
    await asyncio.wait([task])


async def test_the_gravest_come_first_then_the_oldest() -> None:
    hands = Hands()
    for name in ("one", "two"):
        hands.backlog.put(received(name))
    hands.backlog.put(received("scheduled", Kind.SCHEDULED_CHANGE))
    async with running(hands):
        begun = []
        for _ in range(3):
            begun.append(await hands.begun.get())
            hands.go_on.release()
    assert begun == ["scheduled", "one", "two"]


async def test_nothing_begins_while_something_urgent_is_being_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HEAD_START", 3600.0)
    hands = Hands()
    async with running(hands):
        with hands.backlog.behind([received("spot", Kind.SPOT_INTERRUPTION)]):
            hands.backlog.put(received("waits"))
            for _ in range(20):
                await asyncio.sleep(0)
            assert hands.begun.empty()
        assert await hands.begun.get() == "waits"


async def test_something_urgent_that_takes_long_does_not_hold_the_rest_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HEAD_START", 0.01)
    hands = Hands()
    async with running(hands):
        with hands.backlog.behind([received("spot", Kind.SPOT_INTERRUPTION)]):
            hands.backlog.put(received("waits"))
            assert await hands.begun.get() == "waits"


async def test_what_is_in_hand_stays_hidden_until_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KEEP_EVERY", 0.01)
    monkeypatch.setattr(module, "KEEP_FOR", 0)
    hands = Hands()
    hands.backlog.put(received("in-work"))
    hands.backlog.put(received("waits"))
    async with running(hands):
        await hands.begun.get()
        with hands.backlog.behind([received("spot", Kind.SPOT_INTERRUPTION)]):
            for _ in range(3):
                await hands.hides(["receipt-spot"])
                await hands.hides(["receipt-in-work", "receipt-waits"])
        hands.go_on.release()
        await hands.hides(["receipt-waits"])


async def test_the_more_waits_the_longer_it_is_hidden_but_nothing_urgent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And what is hidden for long is not hidden anew each time: those calls held others up."""
    monkeypatch.setattr(module, "KEEP_EVERY", 0.01)
    hands = Hands()
    for number in range(2000):
        hands.backlog.put(received(str(number)))
    with hands.backlog.behind([received("spot", Kind.SPOT_INTERRUPTION)]):
        async with running(hands):
            assert await hands.hidden.get() == (["receipt-spot"], module.KEEP_FOR)
            receipts, seconds = await hands.hidden.get()
            assert (len(receipts), seconds) == (2000, module.KEEP_FOR + 20)
            hands.backlog.put(received("new"))
            assert await hands.hidden.get() == (["receipt-new"], module.KEEP_FOR + 20)


async def test_what_could_not_be_hidden_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_EVERY", 0.01)
    hands = Hands()
    hands.refuse = [Refusal("receipt-waits", "InternalError", final=False)]
    with hands.backlog.behind([received("spot", Kind.SPOT_INTERRUPTION)]):
        hands.backlog.put(received("waits"))
        async with running(hands):
            for _ in range(2):
                await hands.hides(["receipt-waits"])


async def test_what_is_broken_off_stays_in_hand_and_is_begun_anew() -> None:
    """Its receipt is what a replica that stops gives back by; a loop that starts again goes on."""
    hands = Hands()
    hands.backlog.put(received("broken-off"))
    async with running(hands):
        await hands.begun.get()
    assert hands.backlog.receipts == ["receipt-broken-off"]

    async with running(hands):
        assert await hands.begun.get() == "broken-off"
        hands.go_on.release()
        hands.backlog.put(received("next"))
        assert await hands.begun.get() == "next"
        assert hands.backlog.receipts == ["receipt-next"]
    assert hands.done == ["receipt-broken-off"]


async def test_a_message_that_came_again_is_handled_once_with_its_newest_receipt() -> None:
    hands = Hands()
    hands.backlog.put(received("same", receipt="old"))
    hands.backlog.put(received("same", receipt="new"))
    hands.backlog.put(received("last"))
    async with running(hands):
        hands.go_on.release()
        hands.go_on.release()
        assert [await hands.begun.get() for _ in range(2)] == ["same", "last"]
    assert hands.done == ["new", "receipt-last"]


async def test_what_nobody_can_write_here_is_left_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the API server is away for us, a replica that is better off may have the messages."""
    monkeypatch.setattr(module, "KEEP_EVERY", 0.01)
    monkeypatch.setattr(module, "MOST", 2)
    hands = Hands()
    hands.standing = True
    with hands.backlog.behind([received("spot", Kind.SPOT_INTERRUPTION)]):
        for name in ("one", "two"):
            hands.backlog.put(received(name))
        before = hands.backlog.full
        async with running(hands):
            await hands.asked.acquire()
    assert (before, hands.backlog.full) == (True, False)
    assert hands.begun.empty()
    assert hands.hidden.empty()
