"""From the body of a queue message to what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import Ignored, Malformed
from controller.notices import (
    capacity_reservation,
    lifecycle_termination,
    rebalance,
    scheduled_change,
    spot_interruption,
    state_change,
)
from controller.notices.envelope import unwrap
from controller.notices.unsupported import unsupported_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.domain.notice import Answer
    from controller.domain.times import Instant
    from controller.notices.envelope import Envelope

    Parser = Callable[[Envelope, Instant], Answer]
    Parsers = Mapping[tuple[str, str], Parser]

# One line a kind of event that is acted on: a new kind is a new module and a new line here.
_ACTED_ON = (
    spot_interruption,
    rebalance,
    state_change,
    lifecycle_termination,
    scheduled_change,
    capacity_reservation,
)

PARSERS: Parsers = {(m.SOURCE, kind): m.parse for m in _ACTED_ON for kind in m.DETAIL_TYPES}
"""The parser of each event that is acted on, by source and detail-type."""


def read(body: str, received: Instant) -> Answer:
    """Read one message body that was received at `received` (epoch seconds UTC).

    `Ignored` is well-formed and may be deleted; `Malformed` is left for the dead-letter queue.
    Raises nothing, whatever the body.
    """
    opened = unwrap(body)
    if isinstance(opened, Malformed):
        return opened
    if isinstance(opened, Ignored):
        return [opened]
    parse = PARSERS.get((opened.source, opened.detail_type))
    if parse is None:
        return [unsupported_event(opened.source, opened.detail_type)]
    return parse(opened, received)
