"""What RBAC refuses once it refuses for every pod: one asks again for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.drain.answer import FORBIDDEN_BY_RBAC, SLOW, Outcome

if TYPE_CHECKING:
    from controller.domain.times import Instant
    from controller.drain.answer import Answer
    from controller.drain.plan import Step

    Right = tuple[str, str]
    """The verb, `evict` or `delete`, and the namespace: a RoleBinding gives it for one."""


class Rights:
    """The standing refusals; each is put to the test by one call in ten seconds."""

    def __init__(self) -> None:
        self._refusals: dict[Right, tuple[Answer, Instant]] = {}

    def standing(self, step: Step, now: Instant) -> Answer | None:
        """Give the refusal that answers this step; None for the one step that is to ask."""
        right = _right(step)
        answer, until = self._refusals.get(right, (None, 0.0))
        if answer is None or now < until:
            return answer
        self._refusals[right] = answer, now + SLOW
        return None

    def learn(self, step: Step, answer: Answer, now: Instant) -> None:
        """Take note of an answer: a refusal by RBAC stands until a call gets another answer."""
        if answer.verdict.reason == FORBIDDEN_BY_RBAC:
            self._refusals[_right(step)] = answer, now + SLOW
        elif answer.outcome is not Outcome.BUSY:
            self._refusals.pop(_right(step), None)


def _right(step: Step) -> Right:
    return ("evict" if step.call == "Evict" else "delete"), step.pod.namespace
