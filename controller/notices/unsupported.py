"""Messages that are well-formed and ask nothing of us: each gets a kind out of a bounded set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import Ignored
from controller.notices.decoding import quoted, text_of

if TYPE_CHECKING:
    from controller.notices.decoding import JsonObject

UNSUPPORTED, TEST_NOTIFICATION = "unsupported", "test_notification"
UNKNOWN = "unknown"

_EC2, _AUTO_SCALING, _HEALTH = "aws.ec2", "aws.autoscaling", "aws.health"

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
    (_AUTO_SCALING, "EC2 Instance-terminate Lifecycle Action"): "lifecycle_termination",
    (_AUTO_SCALING, "EC2 Instance-launch Lifecycle Action"): "lifecycle_launch",
}

# What else comes from a source that we know.
_SOURCES = {
    _AUTO_SCALING: "auto_scaling",
    _EC2: "ec2",
    _HEALTH: "health",
    "aws.ec2fleet": "ec2_fleet",
    "aws.ec2spotfleet": "spot_fleet",
}

# `LifecycleTransition` of a message that an Auto Scaling group sends without EventBridge.
_TRANSITIONS = {
    "autoscaling:EC2_INSTANCE_TERMINATING": "lifecycle_termination",
    "autoscaling:EC2_INSTANCE_LAUNCHING": "lifecycle_launch",
}

_HOOKS = {
    "lifecycle_termination": " Auto Scaling keeps the instance until the hook times out"
    " or somebody else completes it.",
    "lifecycle_launch": " The new instance waits until the hook times out"
    " or somebody else completes it.",
}

KINDS = frozenset({*_KINDS.values(), *_SOURCES.values(), "sns_subscription", UNKNOWN})
"""Every value that `Ignored.kind` takes: a metric label that no sender of messages can extend."""


def unsupported_event(source: str, detail_type: str) -> Ignored:
    """Name an EventBridge event for which there is no parser."""
    kind = _KINDS.get((source, detail_type)) or _SOURCES.get(source, UNKNOWN)
    what = f"An event {quoted(detail_type)} from {quoted(source)} asks nothing of spotdrain."
    return Ignored(kind, UNSUPPORTED, what + _HOOKS.get(kind, ""))


def auto_scaling_message(obj: JsonObject) -> Ignored | None:
    """Recognise what an Auto Scaling group sends straight to SQS or SNS; None for all else.

    A test notification comes whenever a hook is put on a group; it names itself in `Event`.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/prepare-for-lifecycle-notifications.html
    """
    transition = text_of(obj, "LifecycleTransition")
    if "autoscaling:TEST_NOTIFICATION" in {transition, text_of(obj, "Event")}:
        what = "Auto Scaling's test notification: a lifecycle hook was connected to this queue."
        return Ignored("auto_scaling", TEST_NOTIFICATION, what)
    if not transition.startswith("autoscaling:"):
        return None
    kind = _TRANSITIONS.get(transition, "auto_scaling")
    what = f"An Auto Scaling message {quoted(transition)} asks nothing of spotdrain."
    return Ignored(kind, UNSUPPORTED, what + _HOOKS.get(kind, ""))


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
