"""A message as it was received, and whether others may be received before it is handled. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.notice import Kind, Notice

if TYPE_CHECKING:
    from controller.domain.message import Message
    from controller.domain.notice import Answer
    from controller.domain.times import Instant

NOTHING_TO_DO = -1
PATIENT = frozenset({Kind.SCHEDULED_CHANGE, Kind.REBALANCE})
"""Days ahead, or a recommendation: a second more or less makes no difference."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message, what it says, and when it came."""

    message: Message
    said: Answer
    at: Instant

    @property
    def gravity(self) -> int:
        """The rank of the gravest notice in it, 0 for the gravest kind; -1 without any notice."""
        return min((kind.gravity for kind in self._kinds()), default=NOTHING_TO_DO)

    @property
    def urgent(self) -> bool:
        """Whether it is handled at once: the clock runs, or there is nothing to write about it."""
        kinds = self._kinds()
        return not kinds or not kinds <= PATIENT

    def _kinds(self) -> set[Kind]:
        if not isinstance(self.said, list):
            return set()
        return {said.kind for said in self.said if isinstance(said, Notice)}
