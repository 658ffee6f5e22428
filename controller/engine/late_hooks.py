"""Lifecycle actions of instances whose Node was here and is gone: there is nothing left to drain."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from controller import metrics
from controller.domain.lifecycle import LifecycleAction, ScalingError
from controller.domain.notice import Kind
from controller.domain.policy import Action
from controller.engine.hooks import pause_after
from controller.engine.visibility import GIVE_BACK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from controller.domain.notice import Notice
    from controller.domain.policy import Policy
    from controller.domain.verdict import Verdict
    from controller.engine.departed import Departed
    from controller.engine.hooks import Hooks
    from controller.engine.ledger import Ledger

log = logging.getLogger(__name__)

HELD_SECONDS = 90
"""How long a message is ours at a time: for one completion with all its tries, and a pause."""

PATIENCE = 7200.0
"""Seconds until a hook that nobody could tell has surely timed out: the longest it can be set to.
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
"""

MOST = 10_000


class Claim(NamedTuple):
    """A message in hand: `hide` keeps it hidden for so many seconds, `done` has it deleted."""

    hide: Callable[[int], Awaitable[object]]
    done: Callable[[], None]


class LateHooks:
    """Completes at once what a message asks for; nothing is recorded, the message is what lasts.

    Never for an instance that was no node here: it is another cluster's, which drains it.
    """

    def __init__(
        self,
        hooks: Hooks,
        ledger: Ledger,
        departed: Departed,
        policy_named: Callable[[str], Policy],
        pause: Callable[[int], float] = pause_after,
    ) -> None:
        self._hooks, self._ledger = hooks, ledger
        self._departed, self._policy_named, self._pause = departed, policy_named, pause
        self._claims: dict[str, list[Claim]] = {}
        self._ended: dict[str, None] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}

    def joined(self, instance_id: str) -> None:
        """Leave alone an instance that has a Node again: it is drained first."""
        for task, instance in self._tasks.items():
            if instance == instance_id:
                task.cancel()

    def knows(self, notice: Notice) -> bool:
        """Tell whether a message is a copy: of what is recorded, so seen to there, or was done."""
        record = self._ledger.get(notice.instance_id)
        return notice.hook is not None and (
            notice.id in self._ended or (record is not None and record.knows(notice))
        )

    def takes(self, notice: Notice) -> bool:
        """Tell whether a notice about an instance without a Node is for us to complete."""
        policy = self._policy(notice.instance_id)
        if notice.hook is None or policy is None or policy.rehearses:
            return False
        return policy.action_for(Kind.LIFECYCLE_TERMINATION) is not Action.IGNORE

    def _policy(self, instance: str) -> Policy | None:
        """Find the policy of a Node that is gone; None if none was ever here."""
        # A restart forgets who left; the record of an interruption stays for a day.
        record = self._ledger.get(instance)
        named = None if record is None else self._policy_named(record.policy)
        return self._departed.policy(instance) or named

    async def complete(self, notice: Notice, claim: Claim) -> None:
        """Begin to let the instance go; the message goes once it is."""
        await claim.hide(HELD_SECONDS)
        hook = notice.hook
        if hook is None or notice.id in self._ended:
            claim.done()
            return
        claims = self._claims.setdefault(notice.id, [])
        claims.append(claim)
        if len(claims) > 1:
            return
        action = LifecycleAction(hook.group, hook.name, hook.token, notice.instance_id)
        # A task of its own: where Auto Scaling is away no Spot notice waits behind it.
        task = asyncio.create_task(self._see_to(notice.id, action, claims))
        self._tasks[task] = notice.instance_id
        task.add_done_callback(partial(self._finished, notice.id, claims))

    def _finished(self, notice_id: str, claims: list[Claim], task: asyncio.Task[None]) -> None:
        """Clear up, also after a task that was cancelled before it began."""
        del self._tasks[task]
        self._close(notice_id, claims)

    def _close(self, notice_id: str, claims: list[Claim]) -> None:
        """Take no more claims to these; another message may have begun others."""
        if self._claims.get(notice_id) is claims:
            del self._claims[notice_id]

    async def close(self) -> None:
        """Stop; what is open comes again from the queue, at once."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _see_to(self, notice_id: str, action: LifecycleAction, claims: list[Claim]) -> None:
        instance = action.instance_id
        try:
            async with asyncio.timeout(PATIENCE):
                say = (await self._complete(action, claims)).message
        except asyncio.CancelledError:
            # For another replica, or for the node that is back.
            with suppress(TimeoutError):
                async with asyncio.timeout(GIVE_BACK_SECONDS):
                    await _hide(claims, 0)
            raise
        except TimeoutError:
            say = f"The {action} was never told; its own time-out has ended the wait."
        except Exception:
            # The message comes again by itself.
            log.exception("cannot see to the lifecycle hook of %s", instance)
            metrics.loop_restarts.labels("lifecycle").inc()
            return
        finally:
            self._close(notice_id, claims)
        log.info("%s has no Node any more. %s", instance, say)
        self._ended[notice_id] = None
        while len(self._ended) > MOST:
            del self._ended[next(iter(self._ended))]
        for claim in claims:
            claim.done()

    async def _complete(self, action: LifecycleAction, claims: list[Claim]) -> Verdict:
        """Ask until it is completed or over, and keep the message meanwhile.

        A message that came again at each failure would soon be in the dead-letter queue.
        """
        told, failures = "", 0
        while True:
            try:
                return await self._hooks.complete(action)
            except ScalingError as error:
                if told != str(error):
                    told = str(error)
                    say = "%s has no Node any more, and its hook is not told yet; it is tried again: %s"
                    log.warning(say, action.instance_id, told)
            failures += 1
            await _hide(claims, HELD_SECONDS)
            await asyncio.sleep(self._pause(failures))


async def _hide(claims: Iterable[Claim], seconds: int) -> None:
    await asyncio.gather(*(claim.hide(seconds) for claim in claims))
