"""Points in time as epoch seconds, and the texts that AWS and Kubernetes write them in."""

from __future__ import annotations

from datetime import UTC, datetime

Instant = float
"""Seconds since the Unix epoch, UTC. A value, so that tests choose it."""


_MINIMUM, _MAXIMUM = len("2026-01-02T03:04:05"), 40


def parse_rfc3339(text: object) -> Instant | None:
    """Read `2026-01-02T03:04:05Z` (any fraction, any offset); None for anything else.

    EventBridge writes whole seconds, Auto Scaling milliseconds, Kubernetes MicroTime microseconds.
    A text without an offset is taken as UTC, as AWS documents its times. What lies outside the
    years 1 to 9999 in UTC could not be written again, so it is no time either.
    """
    if not isinstance(text, str) or not _MINIMUM <= len(text) <= _MAXIMUM:
        return None
    try:
        moment = datetime.fromisoformat(text)
        # Without its offset at year 1 or 9999 a moment may lie beyond them: OverflowError.
        return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def parse_rfc1123(text: object) -> Instant | None:
    """Read `Wed, 14 Jan 2026 15:00:00 GMT`, as AWS Health writes times; None for anything else.

    The name of the day is not compared with the date: AWS's own samples have it wrong. A numeric
    offset is understood as well. https://docs.aws.amazon.com/health/latest/ug/
    aws-health-events-eventbridge-schema.html
    """
    if not isinstance(text, str) or len(text) > _MAXIMUM:
        return None
    try:
        with_offset = text.removesuffix("GMT") + "+0000" if text.endswith("GMT") else text
        moment = datetime.strptime(with_offset, "%a, %d %b %Y %H:%M:%S %z")
        return moment.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def format_rfc3339(instant: Instant) -> str:
    """Write an instant as Kubernetes' metav1.Time does: whole seconds, `Z`."""
    return datetime.fromtimestamp(int(instant), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_micro(instant: Instant) -> str:
    """Write an instant as Kubernetes' metav1.MicroTime does: microseconds, `Z`."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def format_clock(instant: Instant) -> str:
    """Write the time of day for a sentence, `03:05:24Z`: a drain lives within minutes."""
    return datetime.fromtimestamp(instant, UTC).strftime("%H:%M:%SZ")


def format_minute(instant: Instant) -> str:
    """Write a moment that may be days ahead for a sentence, `2026-01-14 15:00Z`."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%MZ")
