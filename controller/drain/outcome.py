"""What became of what was announced: whether EC2 did it, and what a recommendation was worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.notice import Kind
from controller.domain.verdict import Verdict
from controller.drain.life import EXPIRED, REMOVED, WITHDRAWN

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.notice import Notice

_NEVER = {
    EXPIRED: "no interruption followed the recommendation",
    WITHDRAWN: "AWS has taken back what it had announced",
    REMOVED: "the node was removed before the scheduled change",
}
_HINTS = frozenset({Kind.STATE_CHANGE, Kind.REBALANCE})


def never(outcome: str) -> Verdict | None:
    """Tell that what was announced did not come to pass; None for an outcome that tells nothing."""
    return Verdict(outcome, _NEVER[outcome]) if outcome in _NEVER else None


def went(record: Interruption) -> Verdict:
    """Tell how the end of an instance that is gone had been announced."""
    newest = record.noticed_at
    kinds = {n.kind for n in record.valid if not n.living and not n.outlived(newest)}
    if kinds - _HINTS:
        return Verdict("AsAnnounced", "the node is gone, as was announced")
    if Kind.STATE_CHANGE in kinds:
        return Verdict("Unannounced", "the instance ended, and nothing had announced it")
    say = "the node went after a recommendation, and no interruption was announced"
    return Verdict("AfterRecommendation", say)


def conversion(record: Interruption, notice: Notice) -> float | None:
    """Tell how many seconds before this Spot notice the first recommendation came; None for none.

    Counted once a record: later notices about the same instance say nothing new.
    """
    spot = [n.id for n in record.notices if n.kind is Kind.SPOT_INTERRUPTION and n.id != notice.id]
    hints = [n.time for n in record.notices if n.kind is Kind.REBALANCE and n.time <= notice.time]
    return notice.time - min(hints) if hints and not spot else None
