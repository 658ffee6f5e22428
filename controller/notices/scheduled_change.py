"""AWS Health Event: AWS announces that it will retire, stop or reboot instances, and takes it back.

https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controller.domain.notice import Ignored, Kind, Malformed, Notice
from controller.domain.times import parse_rfc1123, parse_rfc3339
from controller.notices.decoding import digest, quoted, text_of
from controller.notices.unsupported import UNSUPPORTED

if TYPE_CHECKING:
    from controller.domain.notice import Answer
    from controller.domain.times import Instant
    from controller.notices.decoding import JsonObject
    from controller.notices.envelope import Envelope

SOURCE, DETAIL_TYPES = "aws.health", ("AWS Health Event",)

# An entity is an instance id; its ARN, as other services name theirs, is understood as well.
_ENTITY = re.compile(r"(?:arn:[!-~]{1,200}:instance/)?(i-[0-9a-f]{8,17})")
_SUBJECT = re.compile(r"[!-~]{1,256}")

# Words of `eventTypeCode`, such as AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED.
_ACTIONS = {"RETIREMENT": "retirement", "STOP": "stop", "REBOOT": "reboot"}
_OVER = frozenset({"CANCELLED", "CANCELED", "COMPLETED", "COMPLETE"})


def parse(envelope: Envelope, received: Instant) -> Answer:
    """Read a scheduled change that arrived at `received` (epoch seconds): one notice an instance.

    A long list of instances comes in pages, each a message of its own that can be read alone. A
    change that is over, cancelled or done, gives notices that withdraw those of the same subject.
    """
    detail = envelope.detail
    service, category = text_of(detail, "service"), text_of(detail, "eventTypeCategory")
    # Health tells about all services, and about what has happened already.
    if service != "EC2" or category != "scheduledChange":
        what = f"AWS Health tells of {quoted(category)} in {quoted(service)}"
        return [Ignored("health", UNSUPPORTED, f"{what}: no scheduled change in EC2.")]
    entities = _entities(detail)
    # Public events name nothing; others name volumes, hosts or reservations.
    if not entities:
        what = "AWS Health announces a change in EC2 that affects no instance of this account."
        return [Ignored("health", UNSUPPORTED, what)]
    time = envelope.instant(received)
    if isinstance(time, Malformed):
        return time
    said = detail.get("startTime")
    start = parse_rfc1123(said) or parse_rfc3339(said)
    over = _is_over(detail)
    if not over and (start is None or start < 0):
        return Malformed(
            "AWS Health announces a change without a usable start: expected detail.startTime such "
            f"as Wed, 14 Jan 2026 15:00:00 GMT, found {quoted(said)}."
        )
    return [
        _notice(envelope, instance, time, None if over or resolved else start)
        for instance, resolved in entities.items()
    ]


def _entities(detail: JsonObject) -> dict[str, bool]:
    """List the instances of this page, each with whether the change is over for it alone."""
    listed = detail.get("affectedEntities")
    found: dict[str, bool] = {}
    for entity in listed if isinstance(listed, list) else ():
        if isinstance(entity, dict) and (
            match := _ENTITY.fullmatch(text_of(entity, "entityValue"))
        ):
            found[match[1]] = text_of(entity, "status") == "RESOLVED"
    return found


def _is_over(detail: JsonObject) -> bool:
    """Tell whether the change was cancelled or is done; without a status it is still to come."""
    return text_of(detail, "statusCode") == "closed" or not _OVER.isdisjoint(_words(detail))


def _words(detail: JsonObject) -> list[str]:
    return text_of(detail, "eventTypeCode").split("_")


def _notice(envelope: Envelope, instance: str, time: Instant, start: Instant | None) -> Notice:
    """Write the notice of one instance; without a start it withdraws what was announced.

    Health delivers every communication to two regions, with the same `communicationId`: the id
    follows from that, so that both are one. Later communications about the change have others.
    """
    arn = text_of(envelope.detail, "eventArn")
    communication = text_of(envelope.detail, "communicationId") or envelope.id
    withdrawn = start is None
    words = _words(envelope.detail)
    return Notice(
        id=f"health-{digest(arn, communication, instance, str(withdrawn))}",
        kind=Kind.SCHEDULED_CHANGE,
        instance_id=instance,
        time=time,
        deadline=start,
        action=next((_ACTIONS[word] for word in words if word in _ACTIONS), "maintenance"),
        source=envelope.road,
        subject=arn if not arn or _SUBJECT.fullmatch(arn) else f"sha256-{digest(arn)}",
        withdrawn=withdrawn,
    )
