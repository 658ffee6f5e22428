"""What AWS tells about an instance, whatever the road it came by."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.times import Instant

SPOT_NOTICE_SECONDS = 120.0
"""A Spot interruption notice comes two minutes ahead; so does that of a capacity reservation.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-interruptible-cr.html
"""

LEAST_SECONDS = 10.0
"""What a drain gets at least: a hibernation begins at once, and some notices come late. As long as
the node answers, a pod that is signalled is better off."""

PATIENCE = 600.0
"""Seconds after the deadline until an instance that still runs counts as spared. EC2 gives its times
as approximate, and a notice that it does not carry out is not taken back by an event:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html"""

WINDOW = 7200.0
"""The same for a scheduled change: its start only opens a window, of two hours as a rule, and the
event that says that it is done comes when it is."""

LIVING_STATES = frozenset({"pending", "running"})
ENDING_STATES = frozenset({"stopping", "stopped", "shutting-down", "terminated"})
"""The `action` of a `StateChange`: the six states of an instance, by what they mean for its pods.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
"""


class Kind(StrEnum):
    """The kinds of notice, the gravest first: what tells most of when the instance goes."""

    SPOT_INTERRUPTION = "SpotInterruption"
    CAPACITY_RESERVATION = "CapacityReservation"
    STATE_CHANGE = "StateChange"
    LIFECYCLE_TERMINATION = "LifecycleTermination"
    SCHEDULED_CHANGE = "ScheduledChange"
    REBALANCE = "Rebalance"

    @property
    def voluntary(self) -> bool:
        """Whether the node may yet live: nothing is overridden for a recommendation."""
        return self is Kind.REBALANCE

    @property
    def gravity(self) -> int:
        """The rank among the kinds, 0 for the gravest."""
        return _GRAVITY[self]

    @property
    def patience(self) -> float:
        """How many seconds after its deadline an instance that still runs has outlived it."""
        return WINDOW if self is Kind.SCHEDULED_CHANGE else PATIENCE

    @property
    def label(self) -> str:
        """The metric label, in the `snake_case` that Prometheus users expect."""
        return _LABELS[self]


_GRAVITY = {kind: rank for rank, kind in enumerate(Kind)}
_LABELS = {kind: kind.name.lower() for kind in Kind}


@dataclass(frozen=True, slots=True)
class LifecycleHook:
    """The lifecycle action that an Auto Scaling group waits for, as its API wants it named.

    `token` is empty where the message has none that the API would take: the instance id stands in
    for it. Whoever holds it can let the instance go, so it stays out of logs. `origin` and `destination` are `EC2`, `AutoScalingGroup`, `WarmPool` or empty.
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html
    """

    group: str
    name: str
    token: str = field(default="", repr=False)
    origin: str = ""
    destination: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message about one instance.

    `id` is the event's own id and stays the same when SQS or EventBridge delivers it again.
    `deadline` is when the instance goes; None where nothing has been announced.
    `action` is what happens to it, in EC2's words: `terminate`, `stop` or `hibernate`; the state of
    a `StateChange`; `reboot`, `stop`, `retirement` or `maintenance` of a `ScheduledChange`. Empty
    where the event names none.
    `subject` is what several notices are about, of which the newest counts; empty for one that
    stands alone. `withdrawn` takes back what was announced about the same subject.
    `hook` is the lifecycle action that waits to be completed.
    """

    id: str
    kind: Kind
    instance_id: str
    time: Instant
    deadline: Instant | None = None
    action: str = ""
    source: str = "eventbridge"
    subject: str = ""
    withdrawn: bool = False
    hook: LifecycleHook | None = None

    @property
    def living(self) -> bool:
        """Whether it only tells that the instance runs, or is about to: nothing to drain for."""
        return self.kind is Kind.STATE_CHANGE and self.action in LIVING_STATES

    def begins(self, lead: float) -> Instant | None:
        """Tell when to act on a scheduled change, `lead` seconds before it; None for all else."""
        planned = self.kind is Kind.SCHEDULED_CHANGE and self.deadline is not None
        return (self.deadline or 0.0) - lead if planned else None

    def outlived(self, now: Instant) -> bool:
        """Tell whether an instance that still runs was spared what this announced."""
        return self.deadline is not None and now > self.deadline + self.kind.patience


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


Answer = list[Notice | Ignored] | Malformed
"""What one message says: a list, because it may name several instances."""
