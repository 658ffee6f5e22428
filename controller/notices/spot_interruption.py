"""EC2 Spot Instance Interruption Warning: EC2 takes the instance two minutes after the event.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import SPOT_NOTICE_SECONDS, Kind, Malformed, Notice
from controller.notices.decoding import text_of
from controller.notices.instance import whom_and_when

if TYPE_CHECKING:
    from controller.domain.notice import Answer
    from controller.domain.times import Instant
    from controller.notices.envelope import Envelope

SOURCE, DETAIL_TYPES = "aws.ec2", ("EC2 Spot Instance Interruption Warning",)

# Seconds from the event to the end. Hibernation begins at once:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernate-spot-instances.html
_LEAD = {"terminate": SPOT_NOTICE_SECONDS, "stop": SPOT_NOTICE_SECONDS, "hibernate": 0.0}


def parse(envelope: Envelope, received: Instant) -> Answer:
    """Read an interruption warning that arrived at `received` (epoch seconds).

    An action that is missing or new is kept as empty and treated like `terminate`: the worst case.
    """
    found = whom_and_when(envelope, received)
    if isinstance(found, Malformed):
        return found
    instance, time = found
    action = text_of(envelope.detail, "instance-action")
    return [
        Notice(
            id=envelope.id,
            kind=Kind.SPOT_INTERRUPTION,
            instance_id=instance,
            time=time,
            deadline=time + _LEAD.get(action, SPOT_NOTICE_SECONDS),
            action=action if action in _LEAD else "",
            source=envelope.road,
        )
    ]
