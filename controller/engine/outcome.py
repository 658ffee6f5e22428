"""Counts a drain that is over: how it ended, what became of its pods, how long it took."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controller import metrics
from controller.drain.conditions import executed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption
    from controller.drain.progress import Progress


def count(progress: Progress, counts: Mapping[str, int]) -> None:
    """Count one drain; `counts` are its pods by what became of them (drain/report.py)."""
    trigger, outcome = progress.record.kind.label, label_of(progress.outcome)
    metrics.drains.labels(trigger, outcome).inc()
    for what in ("evicted", "forced", "killed"):
        metrics.pods.labels(trigger, what).inc(counts[what])
    _observe(progress, trigger, outcome)
    if (state := executed(progress, counts)) is not None:
        count_end(progress.record, state.verdict.reason, progress.pool)


def count_end(record: Interruption, reason: str, pool: str) -> None:
    """Count what became of the instance, once that is known; `reason` is the condition's."""
    instance_type, _, zone = pool.partition("/")
    metrics.outcomes.labels(
        record.kind.label, label_of(reason), instance_type or "unknown", zone or "unknown"
    ).inc()


def _observe(progress: Progress, trigger: str, outcome: str) -> None:
    gone = [p.gone_at for p in progress.passages.values() if p.gone_at is not None]
    record = progress.record
    if not gone or record.started_at is None:
        return
    duration = max(0.0, max(gone) - record.started_at)
    metrics.drain_duration.labels(trigger, outcome).observe(duration)
    if record.deadline is not None:
        metrics.drain_slack.labels(trigger).observe(record.deadline - max(gone))


def label_of(outcome: str) -> str:
    """Write an outcome as a metric label: `DeadlineMissed` is `deadline_missed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", outcome).lower()
