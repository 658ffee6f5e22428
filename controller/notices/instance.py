"""The one thing that every notice needs: whom it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.node import INSTANCE_ID
from controller.domain.notice import Malformed
from controller.notices.decoding import quoted, text_of

if TYPE_CHECKING:
    from controller.notices.envelope import Envelope


def instance_id(envelope: Envelope) -> str | Malformed:
    """Take `detail.instance-id`. The ARN in `resources` differs between kinds and is not read."""
    found = text_of(envelope.detail, "instance-id")
    if INSTANCE_ID.fullmatch(found):
        return found
    return Malformed(
        f"The {envelope.detail_type} event names no instance: expected detail.instance-id such as "
        f"i-0123456789abcdef0, found {quoted(envelope.detail.get('instance-id'))}."
    )
