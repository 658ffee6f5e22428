"""From the body of a queue message to what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import Ignored, Malformed
from controller.notices import rebalance, spot_interruption
from controller.notices.envelope import unwrap
from controller.notices.unsupported import unsupported_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.notice import Notice
    from controller.domain.times import Instant
    from controller.notices.envelope import Envelope

    Parser = Callable[[Envelope, Instant], Notice | Malformed]

# One line a kind of event that leads to a notice: a new kind is a new module and a new line here.
_PARSERS: dict[tuple[str, str], Parser] = {
    (module.SOURCE, module.DETAIL_TYPE): module.parse for module in (spot_interruption, rebalance)
}


def read(body: str, received: Instant) -> list[Notice | Ignored] | Malformed:
    """Read one message body that was received at `received` (epoch seconds UTC).

    A list, because one message may name several instances. `Ignored` is well-formed and may be
    deleted; `Malformed` is left for the dead-letter queue. Raises nothing, whatever the body.
    """
    opened = unwrap(body)
    if isinstance(opened, Malformed):
        return opened
    if isinstance(opened, Ignored):
        return [opened]
    parse = _PARSERS.get((opened.source, opened.detail_type))
    if parse is None:
        return [unsupported_event(opened.source, opened.detail_type)]
    notice = parse(opened, received)
    return notice if isinstance(notice, Malformed) else [notice]
