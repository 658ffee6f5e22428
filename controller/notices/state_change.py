"""EC2 Instance State-change Notification: what an instance does, announced or not.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import (
    ENDING_STATES,
    LIVING_STATES,
    Ignored,
    Kind,
    Malformed,
    Notice,
)
from controller.notices.decoding import quoted
from controller.notices.instance import whom_and_when
from controller.notices.unsupported import UNSUPPORTED

if TYPE_CHECKING:
    from controller.domain.notice import Answer
    from controller.domain.times import Instant
    from controller.notices.envelope import Envelope

SOURCE, DETAIL_TYPES = "aws.ec2", ("EC2 Instance State-change Notification",)


def parse(envelope: Envelope, received: Instant) -> Answer:
    """Read a state change that arrived at `received` (epoch seconds); the state is the action.

    An instance that stops or shuts down does so at once: its deadline is the event's own time. One
    that starts or runs has none. Of a state that is new to EC2 nothing can be said, so it is ignored.
    """
    found = whom_and_when(envelope, received)
    if isinstance(found, Malformed):
        return found
    instance, time = found
    state = envelope.detail.get("state")
    if not isinstance(state, str):
        return Malformed(
            f"The {envelope.detail_type} event names no state: expected detail.state such as "
            f"running, found {quoted(state)}."
        )
    if state not in ENDING_STATES | LIVING_STATES:
        what = f"Instance {instance} changed to a state that spotdrain does not know: "
        return [Ignored("instance_state_change", UNSUPPORTED, f"{what}{quoted(state)}.")]
    return [
        Notice(
            id=envelope.id,
            kind=Kind.STATE_CHANGE,
            instance_id=instance,
            time=time,
            deadline=time if state in ENDING_STATES else None,
            action=state,
            source=envelope.road,
        )
    ]
