"""Conditions of a status, as metav1.Condition has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.times import format_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict

MAX_MESSAGE = 1000
"""Characters; metav1 allows 32,768, which no sentence needs."""


def condition(
    before: Iterable[Mapping[str, Any]],
    kind: str,
    verdict: Verdict,
    now: Instant,
    *,
    holds: bool | None,
    generation: int | None = None,
) -> dict[str, Any]:
    """Write one condition; its transition time stays while its status does.

    `before` are the conditions told last, of any type; `generation` is that of the spec it is about;
    `holds` is None while that is being found out.
    """
    text = "Unknown" if holds is None else str(holds)
    old = next((c for c in before if c.get("type") == kind), {})
    same = old.get("status") == text and old.get("lastTransitionTime")
    written = {
        "type": kind,
        "status": text,
        "reason": verdict.reason,
        "message": verdict.message[:MAX_MESSAGE],
        "lastTransitionTime": same or format_rfc3339(now),
    }
    return written if generation is None else written | {"observedGeneration": generation}
