"""Counts a drain that is over: how it ended, what became of its pods, how long it took."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controller import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.drain.report import Progress


def count(progress: Progress, counts: Mapping[str, int]) -> None:
    """Count one drain; `counts` are its pods by what became of them (drain/report.py)."""
    trigger, outcome = progress.record.kind.label, _label(progress.outcome)
    metrics.drains.labels(trigger, outcome).inc()
    for what in ("evicted", "forced", "killed"):
        metrics.pods.labels(trigger, what).inc(counts[what])
    _observe(progress, trigger, outcome)


def _observe(progress: Progress, trigger: str, outcome: str) -> None:
    gone = [p.gone_at for p in progress.passages.values() if p.gone_at is not None]
    record = progress.record
    if not gone or record.started_at is None:
        return
    duration = max(0.0, max(gone) - record.started_at)
    metrics.drain_duration.labels(trigger, outcome).observe(duration)
    if record.deadline is not None:
        metrics.drain_slack.labels(trigger).observe(record.deadline - max(gone))


def _label(outcome: str) -> str:
    """Write an outcome as a metric label: `DeadlineMissed` is `deadline_missed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", outcome).lower()
