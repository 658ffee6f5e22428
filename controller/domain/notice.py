"""What AWS tells about an instance, whatever the road it came by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.times import Instant

SPOT_NOTICE_SECONDS = 120.0
"""A Spot interruption notice comes two minutes ahead.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""


class Kind(StrEnum):
    """The kinds of notice that lead to a drain."""

    SPOT_INTERRUPTION = "SpotInterruption"
    REBALANCE = "Rebalance"

    @property
    def voluntary(self) -> bool:
        """Whether the node may yet live: nothing is overridden for a recommendation."""
        return self is Kind.REBALANCE

    @property
    def label(self) -> str:
        """The metric label, in the `snake_case` that Prometheus users expect."""
        return _LABELS[self]


_LABELS = {Kind.SPOT_INTERRUPTION: "spot_interruption", Kind.REBALANCE: "rebalance"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One message about one instance.

    `id` is the event's own id and stays the same when SQS or EventBridge delivers it again.
    `deadline` is when the instance goes; None where nothing has been announced.
    `action` is EC2's `terminate`, `stop` or `hibernate`; empty where the event names none.
    """

    id: str
    kind: Kind
    instance_id: str
    time: Instant
    deadline: Instant | None = None
    action: str = ""
    source: str = "eventbridge"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A well-formed message that asks nothing of us.

    `reason` is a metric label (`snake_case`, few values); `message` says what it was.
    """

    kind: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that cannot be read; it is left to the queue's redrive policy."""

    message: str
