"""The events that EC2 sends, made up for a drill."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_rfc3339

if TYPE_CHECKING:
    from controller.domain.times import Instant

SPOT, REBALANCE = "spot", "rebalance"
ACTIONS = ("terminate", "stop", "hibernate")

_DETAIL_TYPES = {
    SPOT: "EC2 Spot Instance Interruption Warning",
    REBALANCE: "EC2 Instance Rebalance Recommendation",
}
# No account has this number, and no event of AWS's an id that begins like this.
_ACCOUNT, _ID_PREFIX = "000000000000", "drill-"
_REGION = "us-east-1"


def event(
    instance_id: str,
    kind: str,
    now: Instant,
    *,
    age: float = 0,
    action: str = ACTIONS[0],
    event_id: str | None = None,
) -> dict[str, Any]:
    """Build the EventBridge event of a kind, as if it had happened `age` seconds before `now`.

    It differs from a real one by its account and by an id that begins with `drill-`, which is what
    makes spotdrain record the notice's source as `simulated`.
    """
    detail = {"instance-id": instance_id}
    if kind == SPOT:
        detail["instance-action"] = action
    return {
        "version": "0",
        "id": event_id or f"{_ID_PREFIX}{uuid.uuid4()}",
        "detail-type": _DETAIL_TYPES[kind],
        "source": "aws.ec2",
        "account": _ACCOUNT,
        "time": format_rfc3339(now - age),
        "region": _REGION,
        # EC2 writes the zone where other ARNs have the region, and no account.
        "resources": [f"arn:aws:ec2:{_REGION}a:instance/{instance_id}"],
        "detail": detail,
    }
