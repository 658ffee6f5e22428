"""The wrappings a message arrives in: EventBridge's own, one of SNS around it, or Auto Scaling's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.notice import Malformed
from controller.domain.times import parse_rfc3339
from controller.notices.decoding import decode, digest, object_of, quoted, text_of
from controller.notices.unsupported import (
    AUTO_SCALING,
    LAUNCH,
    TERMINATE,
    auto_scaling_message,
    sns_handshake,
    unknown_message,
)

if TYPE_CHECKING:
    from controller.domain.notice import Ignored
    from controller.domain.times import Instant
    from controller.notices.decoding import JsonObject

DRILL_PREFIX = "drill-"
"""How the id of a simulated event begins. AWS's own ids are UUIDs and cannot."""

# `LifecycleTransition` of a message that an Auto Scaling group sends without EventBridge.
_TRANSITIONS = {
    "autoscaling:EC2_INSTANCE_TERMINATING": TERMINATE,
    "autoscaling:EC2_INSTANCE_LAUNCHING": LAUNCH,
}

# What may become an id in Kubernetes: EventBridge's are UUIDs, a drill's a UUID with a prefix.
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """An EventBridge event, with what every kind of event shares.

    `road` is how it came: `eventbridge`, `sns`, `autoscaling` (straight from a group) or
    `simulated`.

    `version`, `account`, `region` and `resources` are left out on purpose: samples in AWS's own
    documentation lack them or print `resources` as a text, and everything needed is in `detail`.
    https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
    """

    id: str
    source: str
    detail_type: str
    time: object
    detail: JsonObject
    road: str

    def instant(self, received: Instant) -> Instant | Malformed:
        """Tell when the event happened, in epoch seconds and never later than `received`.

        Nothing can be received before it happens: a later time comes from a clock that runs ahead
        of ours, and believing it would promise seconds that nobody has.
        """
        time = parse_rfc3339(self.time)
        if time is None or time < 0:
            return Malformed(
                f"The {self.detail_type} event has no usable time: expected RFC 3339 such as "
                f"2026-01-02T03:04:05Z, found {quoted(self.time)}."
            )
        return min(time, received)


def unwrap(body: str) -> Envelope | Ignored | Malformed:
    """Open the wrapping of a message body.

    An `Ignored` says that it is well-formed but no EventBridge event; a `Malformed` that it cannot
    be read. SNS is unwrapped once: nothing in AWS wraps twice, and a limit ends the matter.
    """
    outer = decode(body)
    if isinstance(outer, Malformed):
        return outer
    if not _is_sns(outer):
        return _opened(outer, body, "eventbridge")
    if text_of(outer, "Type") != "Notification":
        return sns_handshake()
    message = text_of(outer, "Message")
    inner = decode(message)
    if isinstance(inner, Malformed):
        return Malformed(f"Inside an SNS notification: {inner.message}")
    if _is_sns(inner):
        return Malformed("The message is wrapped in SNS twice; one wrapping is understood.")
    return _opened(inner, message, "sns")


def _is_sns(obj: JsonObject) -> bool:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    return bool(text_of(obj, "Type") and text_of(obj, "TopicArn")) and "Message" in obj


def _opened(obj: JsonObject, text: str, road: str) -> Envelope | Ignored:
    source = text_of(obj, "source")
    # Some of AWS's samples write the key with an underscore.
    detail_type = text_of(obj, "detail-type") or text_of(obj, "detail_type")
    if not source or not detail_type:
        return _from_group(obj, text, road)
    return _envelope(
        (source, detail_type), obj.get("time"), object_of(obj, "detail"), road, _id(obj, "id", text)
    )


def _from_group(obj: JsonObject, text: str, road: str) -> Envelope | Ignored:
    """Open what an Auto Scaling group sends itself: what EventBridge puts into `detail` lies bare.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/prepare-for-lifecycle-notifications.html
    """
    detail_type = _TRANSITIONS.get(text_of(obj, "LifecycleTransition"))
    if detail_type is None:
        return auto_scaling_message(obj) or unknown_message()
    road = "autoscaling" if road == "eventbridge" else road
    return _envelope(
        (AUTO_SCALING, detail_type), obj.get("Time"), obj, road, _id(obj, "RequestId", text)
    )


def _envelope(
    kind: tuple[str, str], time: object, detail: JsonObject, road: str, event_id: str
) -> Envelope:
    road = "simulated" if event_id.startswith(DRILL_PREFIX) else road
    return Envelope(event_id, *kind, time, detail, road)


def _id(obj: JsonObject, key: str, text: str) -> str:
    """Take the event's id, or make one that is the same whenever the same text is delivered."""
    event_id = text_of(obj, key)
    return event_id if _ID.fullmatch(event_id) else f"sha256-{digest(text)}"
