"""The two things that every notice needs: whom it is about, and when it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.node import INSTANCE_ID
from controller.domain.notice import Malformed
from controller.notices.decoding import quoted, text_of

if TYPE_CHECKING:
    from controller.domain.times import Instant
    from controller.notices.envelope import Envelope


def whom_and_when(
    envelope: Envelope, received: Instant, key: str = "instance-id"
) -> tuple[str, Instant] | Malformed:
    """Take the instance that `detail[key]` names, and the event's time in epoch seconds.

    The ARN in `resources` differs between kinds and is not read.
    """
    found, time = text_of(envelope.detail, key), envelope.instant(received)
    if not INSTANCE_ID.fullmatch(found):
        return Malformed(
            f"The {envelope.detail_type} event names no instance: expected detail.{key} such as "
            f"i-0123456789abcdef0, found {quoted(envelope.detail.get(key))}."
        )
    return time if isinstance(time, Malformed) else (found, time)
