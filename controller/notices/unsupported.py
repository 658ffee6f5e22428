"""Messages that are well-formed and ask nothing of us: each gets a kind out of a bounded set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import Ignored
from controller.notices.decoding import quoted, text_of

if TYPE_CHECKING:
    from controller.notices.decoding import JsonObject

UNSUPPORTED, TEST_NOTIFICATION = "unsupported", "test_notification"
UNKNOWN = "unknown"

AUTO_SCALING = "aws.autoscaling"
TERMINATE, LAUNCH = (
    "EC2 Instance-terminate Lifecycle Action",
    "EC2 Instance-launch Lifecycle Action",
)
_EC2, _HEALTH = "aws.ec2", "aws.health"

# Kinds by source and detail-type. AWS's pages spell the capacity reservation ones in two ways.
_KINDS = {
    (_EC2, "EC2 Instance State-change Notification"): "instance_state_change",
    (_EC2, "EC2 Spot Instance Request Fulfillment"): "spot_request_fulfillment",
    (
        _EC2,
        "EC2 Capacity Reservation Instance Interruption Warning",
    ): "capacity_reservation_interruption",
    (
        _EC2,
        "EC2 Interruptible Capacity Reservation Instance Interruption Warning",
    ): "capacity_reservation_interruption",
    (_EC2, "Capacity Block Expiration Warning"): "capacity_block_expiration",
    (_EC2, "Capacity Block Reservation Expiration Warning"): "capacity_block_expiration",
    (AUTO_SCALING, TERMINATE): "lifecycle_termination",
    (AUTO_SCALING, LAUNCH): "lifecycle_launch",
}

# What else comes from a source that we know.
_SOURCES = {
    AUTO_SCALING: "auto_scaling",
    _EC2: "ec2",
    _HEALTH: "health",
    "aws.ec2fleet": "ec2_fleet",
    "aws.ec2spotfleet": "spot_fleet",
}

_HINTS = {
    "lifecycle_termination": " Auto Scaling keeps the instance until the hook times out"
    " or somebody else completes it.",
    "lifecycle_launch": " The new instance waits until the hook times out"
    " or somebody else completes it.",
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-monitor.html
    "capacity_block_expiration": " It names a reservation and no instance; EC2 begins to end the"
    " instances 30 minutes before the end date. Drain their nodes before that.",
}

KINDS = frozenset({*_KINDS.values(), *_SOURCES.values(), "sns_subscription", UNKNOWN})
"""Every value that `Ignored.kind` takes: a metric label that no sender of messages can extend."""


def unsupported_event(source: str, detail_type: str) -> Ignored:
    """Name an EventBridge event for which there is no parser."""
    kind = _KINDS.get((source, detail_type)) or _SOURCES.get(source, UNKNOWN)
    what = f"An event {quoted(detail_type)} from {quoted(source)} asks nothing of spotdrain."
    return Ignored(kind, UNSUPPORTED, what + _HINTS.get(kind, ""))


def auto_scaling_message(obj: JsonObject) -> Ignored | None:
    """Recognise what an Auto Scaling group sends straight to SQS or SNS; None for all else.

    A test notification comes whenever a hook is put on a group; it names itself in `Event`.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/prepare-for-lifecycle-notifications.html
    """
    said = text_of(obj, "LifecycleTransition") or text_of(obj, "Event")
    if said == "autoscaling:TEST_NOTIFICATION":
        what = "Auto Scaling's test notification: a lifecycle hook was connected to this queue."
        return Ignored("auto_scaling", TEST_NOTIFICATION, what)
    if not said.startswith("autoscaling:"):
        return None
    what = f"An Auto Scaling message {quoted(said)} asks nothing of spotdrain."
    return Ignored("auto_scaling", UNSUPPORTED, what)


def sns_handshake() -> Ignored:
    """Name a request to confirm or undo an SNS subscription. Its link is never followed."""
    return Ignored(
        "sns_subscription",
        UNSUPPORTED,
        "An SNS topic asks to confirm a subscription of this queue or its end; answer it in SNS.",
    )


def unknown_message() -> Ignored:
    """Name a JSON object that is no EventBridge, SNS or Auto Scaling message."""
    what = "A JSON object that is no EventBridge event: it has no source and detail-type."
    return Ignored(UNKNOWN, UNSUPPORTED, what)
