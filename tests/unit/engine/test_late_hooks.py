"""Whose lifecycle action is completed though no Node has the instance, and when its message goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from controller.domain.lifecycle import COMPLETED, ScalingError
from controller.domain.notice import Kind
from controller.domain.policy import Action, Mode, Policy
from controller.domain.verdict import Verdict
from controller.engine import departed as memory
from controller.engine import late_hooks
from controller.engine.departed import Departed
from controller.engine.hooks import Hooks
from controller.engine.late_hooks import HELD_SECONDS, Claim, LateHooks
from controller.engine.ledger import Ledger
from tests.builders import hook_notice, interruption, node, spot_notice

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.lifecycle import LifecycleAction
    from controller.domain.node import NodeFacts

DRY = Policy(name="dry", mode=Mode.DRY_RUN)
IGNORES = Policy(
    name="ignores", actions={**Policy().actions, Kind.LIFECYCLE_TERMINATION: Action.IGNORE}
)


class Region:
    """An Auto Scaling that answers when it is let, after so many failures."""

    def __init__(self, *failures: Exception) -> None:
        self.calls = 0
        self.answers = asyncio.Event()
        self._failures = list(failures)

    async def complete(self, action: LifecycleAction) -> Verdict:
        """Wait, then answer."""
        self.calls += 1
        await self.answers.wait()
        if self._failures:
            raise self._failures.pop(0)
        return Verdict(COMPLETED, str(action))

    async def heartbeat(self, action: LifecycleAction) -> Verdict:
        """Answer as to a completion."""
        return await self.complete(action)


class Message:
    """A message in hand, and what became of it."""

    def __init__(self) -> None:
        self.hidden: list[int] = []
        self.deleted = asyncio.Event()

    @property
    def claim(self) -> Claim:
        """What is handed over with its notice."""
        return Claim(hide=self._hide, done=self.deleted.set)

    async def _hide(self, seconds: int) -> None:
        self.hidden.append(seconds)


class Late(LateHooks):
    """Hears of Nodes as in the controller: after what remembers those that left."""

    def node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Tell both."""
        self._departed.node_changed(old, new)
        if new is not None:
            self.joined(new.instance_id)


def late(
    *,
    gone: bool = False,
    record: Interruption | None = None,
    policy: Policy | None = None,
    region: Region | None = None,
) -> Late:
    """Build it with an instance whose Node may have been here, or have left a record."""
    ledger, applies = Ledger(), policy or Policy()
    if record is not None:
        ledger.put(record)
    made = Late(
        *(Hooks([region or Region()]), ledger),
        departed=Departed(lambda _: applies),
        policy_named=lambda name: applies if name == applies.name else Policy(),
        pause=lambda _: 0.0,
    )
    if gone:
        made.node_changed(None, node())
        made.node_changed(node(), None)
    return made


def test_the_action_of_an_instance_that_was_never_here_is_left_alone() -> None:
    assert not late().takes(hook_notice())


def test_the_action_of_an_instance_whose_node_is_gone_is_taken() -> None:
    assert late(gone=True).takes(hook_notice())


def test_after_a_restart_a_record_tells_that_the_node_was_here() -> None:
    assert late(record=interruption(spot_notice())).takes(hook_notice())


def test_a_node_that_came_back_is_not_gone() -> None:
    made = late(gone=True)
    made.node_changed(None, node())
    assert not made.takes(hook_notice())


def test_a_node_that_names_no_instance_leaves_nothing_behind() -> None:
    made = late()
    made.node_changed(node(instance_id=""), None)
    assert not made.takes(hook_notice(instance_id=""))


def test_what_waits_for_no_hook_is_not_taken() -> None:
    assert not late(gone=True).takes(spot_notice())
    assert not late(record=interruption(spot_notice())).knows(spot_notice())


@pytest.mark.parametrize("policy", [DRY, IGNORES], ids=["dry", "ignores"])
def test_a_policy_that_left_hooks_alone_is_obeyed_when_its_node_is_gone(policy: Policy) -> None:
    assert not late(gone=True, policy=policy).takes(hook_notice())


@pytest.mark.parametrize("policy", [DRY, IGNORES], ids=["dry", "ignores"])
def test_after_a_restart_it_is_known_by_the_record(policy: Policy) -> None:
    record = interruption(spot_notice(), policy=policy.name)
    assert not late(record=record, policy=policy).takes(hook_notice())


def test_the_policy_of_the_last_life_counts() -> None:
    """In dry run when the node went, and enforced when it was back and went again."""
    policies = [Policy(), DRY]
    departed = Departed(lambda _: policies.pop())
    made = Late(Hooks([]), Ledger(), departed, lambda _: Policy())
    made.node_changed(node(), None)
    assert not made.takes(hook_notice())
    made.node_changed(None, node())
    made.node_changed(node(), None)
    assert made.takes(hook_notice())


def test_an_action_that_is_recorded_is_seen_to_by_its_record() -> None:
    """A copy of its message asks for nothing; another hook of the instance does."""
    made = late(gone=True, record=interruption(hook_notice()))
    assert made.knows(hook_notice())
    assert not made.knows(hook_notice(id="another"))
    assert not late(gone=True).knows(hook_notice())


async def test_the_message_goes_when_the_instance_is_let_go_and_not_before() -> None:
    region, message = Region(), Message()
    made = late(gone=True, region=region)
    await made.complete(hook_notice(), message.claim)
    await asyncio.sleep(0)
    assert (region.calls, message.hidden) == (1, [HELD_SECONDS])
    assert not message.deleted.is_set()
    region.answers.set()
    await message.deleted.wait()


async def test_copies_of_a_message_are_one_call_and_all_go() -> None:
    """One comes meanwhile, and one was in hand when it was completed."""
    region, messages = Region(), [Message() for _ in range(3)]
    made = late(gone=True, region=region)
    for message in messages[:2]:
        await made.complete(hook_notice(), message.claim)
    region.answers.set()
    await messages[1].deleted.wait()
    assert messages[0].deleted.is_set()
    assert made.knows(hook_notice())
    await made.complete(hook_notice(), messages[2].claim)
    assert messages[2].deleted.is_set()
    assert region.calls == 1


async def test_what_failed_is_told_once_and_tried_again_and_the_message_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Left to come again it would be in the dead-letter queue after five failures."""
    away = ScalingError("Auto Scaling is away.", "Unreachable")
    region, message = Region(away, away), Message()
    region.answers.set()
    await late(gone=True, region=region).complete(hook_notice(), message.claim)
    await message.deleted.wait()
    assert (region.calls, message.hidden) == (3, [HELD_SECONDS] * 3)
    assert caplog.text.count("it is tried again: Auto Scaling is away.") == 1


async def test_after_the_longest_time_out_of_a_hook_nobody_is_asked_any_more(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A role that is refused for ever must not leave a task behind for each instance."""
    monkeypatch.setattr(late_hooks, "PATIENCE", 0.0)
    caplog.set_level("INFO")
    message = Message()
    await late(gone=True).complete(hook_notice(), message.claim)
    await message.deleted.wait()
    assert "its own time-out has ended the wait" in caplog.text


async def test_a_node_that_comes_back_meanwhile_is_drained_first() -> None:
    """Its message comes again at once, and finds the node."""
    region, message = Region(ScalingError("Auto Scaling is away.", "Unreachable")), Message()
    made = late(gone=True, region=region)
    await made.complete(hook_notice(), message.claim)
    await asyncio.sleep(0)
    made.node_changed(None, node(instance_id="i-another"))
    made.node_changed(None, node())
    region.answers.set()
    await made.close()
    assert not message.deleted.is_set()
    assert message.hidden[-1] == 0
    assert not made.knows(hook_notice())


async def test_what_was_not_begun_when_the_node_came_back_is_no_obstacle_later() -> None:
    region, message = Region(), Message()
    region.answers.set()
    made = late(gone=True, region=region)
    await made.complete(hook_notice(), message.claim)
    made.node_changed(None, node())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await made.complete(hook_notice(), message.claim)
    await message.deleted.wait()


async def test_a_bug_costs_one_try_and_the_message_comes_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    region, message = Region(ValueError("a bug")), Message()
    made = late(gone=True, region=region)
    region.answers.set()
    await made.complete(hook_notice(), message.claim)
    while "cannot see to the lifecycle hook" not in caplog.text:  # noqa: ASYNC110 - its own task
        await asyncio.sleep(0)
    assert not message.deleted.is_set()
    await made.complete(hook_notice(), message.claim)
    await message.deleted.wait()


async def test_closing_leaves_the_message_in_the_queue() -> None:
    message, made = Message(), late(gone=True)
    await made.complete(hook_notice(), message.claim)
    await asyncio.sleep(0)
    await made.close()
    assert not message.deleted.is_set()
    assert message.hidden == [HELD_SECONDS, 0]


def test_of_ten_thousand_that_are_gone_the_oldest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "MOST", 1)
    made = late(gone=True)
    made.node_changed(node(instance_id="i-another"), None)
    assert not made.takes(hook_notice())
    assert made.takes(hook_notice(instance_id="i-another"))
