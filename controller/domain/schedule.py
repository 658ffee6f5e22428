"""When a schedule of a policy is open: cron times, how long each lasts, in a time zone."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.policy import Opening
    from controller.domain.times import Instant

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""The names that a CronJob knows, which are no part of cron's own syntax.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

FIELDS = 5


def trouble_with(opening: Opening) -> str:
    """Say what is wrong with a schedule, and what to write; empty for one that can be used."""
    cron, zone = opening.cron, opening.time_zone
    try:
        ZoneInfo(zone)
    # A name with "..", of a directory or with odd characters is refused in ways of its own.
    except (LookupError, OSError, ValueError):
        return (
            f'timeZone is {zone!r}: write a name of the time zone database, such as "Europe/Berlin"'
        )
    fields = _fields(cron)
    if len(fields.split()) != FIELDS:
        return f"cron is {cron!r}: write five fields (minute, hour, day, month, weekday)"
    try:
        soonest = next(CronSim(fields, _local(0.0, zone)), None)
    except CronSimError as error:
        return f'cron is {cron!r}: {error}; write five fields as in a CronJob, "0 22 * * mon-fri"'
    return "" if soonest else f"cron is {cron!r}: no day is ever like that"


def is_open(schedules: Iterable[Opening], now: Instant) -> bool:
    """Tell whether a drain may begin now; without schedules it always may.

    A schedule is open from each of its times on, for less than its duration.
    """
    openings = list(schedules)
    return not openings or any(
        next_time(opening, now - opening.duration) <= now for opening in openings
    )


def opens_at(schedules: Iterable[Opening], now: Instant) -> Instant:
    """Tell when the first of the schedules opens, after now; ValueError without any."""
    return min(next_time(opening, now) for opening in schedules)


def next_time(opening: Opening, after: Instant) -> Instant:
    """Compute the first time after an instant of a schedule that `trouble_with` finds usable.

    As in Debian's cron, a time that a clock change skips comes right after the change, and one that
    it repeats comes once.
    """
    return next(CronSim(_fields(opening.cron), _local(after, opening.time_zone))).timestamp()


def _fields(cron: str) -> str:
    return _MACROS.get(cron, cron)


def _local(instant: Instant, zone: str) -> datetime:
    # Cron knows whole seconds; datetime would round up what is nearly one.
    return datetime.fromtimestamp(math.floor(instant), ZoneInfo(zone))
