"""EC2 Capacity Reservation Instance Interruption Warning: the owner takes the capacity back.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-interruptible-cr.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import SPOT_NOTICE_SECONDS, Kind, Malformed, Notice
from controller.domain.times import parse_rfc3339
from controller.notices.decoding import text_of
from controller.notices.instance import whom_and_when

if TYPE_CHECKING:
    from controller.domain.notice import Answer
    from controller.domain.times import Instant
    from controller.notices.envelope import Envelope

# AWS's page has had both spellings.
SOURCE, DETAIL_TYPES = (
    "aws.ec2",
    (
        "EC2 Capacity Reservation Instance Interruption Warning",
        "EC2 Interruptible Capacity Reservation Instance Interruption Warning",
    ),
)


def parse(envelope: Envelope, received: Instant) -> Answer:
    """Read an interruption warning that arrived at `received` (epoch seconds).

    The deadline is `detail.instance-termination-time`, two minutes after the event where that is
    missing or unreadable. An instance cannot end before it is announced, so neither does that.
    """
    found = whom_and_when(envelope, received)
    if isinstance(found, Malformed):
        return found
    instance, time = found
    stated = parse_rfc3339(envelope.detail.get("instance-termination-time"))
    deadline = time + SPOT_NOTICE_SECONDS if stated is None else max(time, stated)
    action = text_of(envelope.detail, "instance-action")
    return [
        Notice(
            id=envelope.id,
            kind=Kind.CAPACITY_RESERVATION,
            instance_id=instance,
            time=time,
            deadline=deadline,
            action=action if action in _ACTIONS else "",
            source=envelope.road,
        )
    ]


_ACTIONS = frozenset({"terminate", "stop", "hibernate"})
