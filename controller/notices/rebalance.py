"""EC2 Instance Rebalance Recommendation: the instance is at elevated risk; nothing is announced.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/rebalance-recommendations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import Kind, Malformed, Notice
from controller.notices.instance import whom_and_when

if TYPE_CHECKING:
    from controller.domain.notice import Answer
    from controller.domain.times import Instant
    from controller.notices.envelope import Envelope

SOURCE, DETAIL_TYPES = "aws.ec2", ("EC2 Instance Rebalance Recommendation",)


def parse(envelope: Envelope, received: Instant) -> Answer:
    """Read a recommendation that arrived at `received` (epoch seconds); it has no deadline."""
    found = whom_and_when(envelope, received)
    if isinstance(found, Malformed):
        return found
    instance, time = found
    return [
        Notice(
            id=envelope.id,
            kind=Kind.REBALANCE,
            instance_id=instance,
            time=time,
            source=envelope.road,
        )
    ]
