"""Go-style durations (`90s`, `2m30s`, `1.5h`), as Kubernetes writes them."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+")


def parse_duration(text: object) -> float | None:
    """Read a Go duration into seconds; None where it is none.

    Only the units that make sense for a drain are taken: h, m, s, ms. A bare `0` is a duration too.
    Source: https://pkg.go.dev/time#ParseDuration
    """
    if text == "0":
        return 0.0
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def format_duration(seconds: float) -> str:
    """Write seconds for a sentence: `45s`, `2m5s`, `3h20m`."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    if minutes:
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    return f"{rest}s"
