"""What is remembered of messages about instances without a Node, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.message import Message
from controller.engine.waiting_room import HIDE_SECONDS, WaitingRoom
from tests.builders import INSTANCE, T0, rebalance_notice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.message import Refusal

OTHER = "i-0fedcba9876543210"


class Queue:
    """A queue that takes every change of visibility, and notes the last."""

    name = "queue"

    def __init__(self) -> None:
        self.hidden: dict[str, int] = {}

    async def receive(self) -> list[Message]:
        """Have nothing."""
        return []

    async def delete(self, receipts: Sequence[str]) -> list[Refusal]:
        """Take it."""
        raise AssertionError(receipts)

    async def hide(self, seconds: Mapping[str, int]) -> list[Refusal]:
        """Take it."""
        self.hidden |= seconds
        return []


def received(name: str, count: int = 1) -> Message:
    """Build the `count`th receipt of a message: SQS gives each a handle of its own."""
    return Message(name, f"{name}-{count}", "", count)


async def test_a_message_that_came_back_is_remembered_by_its_newest_receipt() -> None:
    room = WaitingRoom(queue := Queue())
    for count in (1, 2, 3):
        now = T0 + count * HIDE_SECONDS
        room.forget(INSTANCE, "event")
        assert room.receipts == []
        await room.keep(received("event", count), rebalance_notice(), now)
    assert room.receipts == ["event-3"]

    await room.joined(INSTANCE)
    assert queue.hidden == {"event-1": 80, "event-2": 80, "event-3": 1} | {"event-3": 0}
    assert not room.waits_for(INSTANCE)


async def test_what_another_replica_has_received_since_is_forgotten() -> None:
    """Else the receipts of foreign instances would fill the room for good."""
    room = WaitingRoom(Queue())
    await room.keep(received("first"), rebalance_notice(instance_id=OTHER), T0)
    await room.keep(received("second"), rebalance_notice(), T0)
    long_after = T0 + 3 * HIDE_SECONDS
    await room.keep(received("third"), rebalance_notice(long_after), long_after)
    assert room.receipts == ["third-1"]
    assert not room.waits_for(OTHER)


async def test_an_instance_may_have_several_messages() -> None:
    room = WaitingRoom(Queue())
    await room.keep(received("first"), rebalance_notice(), T0)
    await room.keep(received("second"), rebalance_notice(), T0 + 1)
    assert room.receipts == ["first-1", "second-1"]
    room.forget(INSTANCE, "first")
    assert room.receipts == ["second-1"]
    room.forget(OTHER, "first")
    assert room.waits_for(INSTANCE)
