"""Structured logs: one JSON object a line for machines, aligned lines for a terminal."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_micro

if TYPE_CHECKING:
    from collections.abc import Mapping

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_COLOURS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "31"}


def set_up(log_format: str, level: str, identity: str) -> None:
    """Send all logs to standard error in one of the two formats.

    The libraries are held at WARNING: botocore and urllib3 would log headers below it.
    """
    handler = logging.StreamHandler(sys.stderr)
    colours = log_format == "text" and sys.stderr.isatty()
    handler.setFormatter(
        JsonLines(identity) if log_format == "json" else TextLines(colours=colours)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("controller").setLevel(level.upper())
    # It tells an outage in pages, ours is one sentence (operator.py); handlers log elsewhere.
    logging.getLogger("kopf").setLevel(logging.CRITICAL)
    logging.getLogger("kopf.objects").setLevel(logging.ERROR)


class JsonLines(logging.Formatter):
    """`{"time": ..., "level": ..., "logger": ..., "message": ..., ...}`."""

    def __init__(self, identity: str) -> None:
        super().__init__()
        self._identity = identity

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line; extra fields become keys."""
        line: dict[str, Any] = {
            "time": format_micro(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "identity": self._identity,
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextLines(logging.Formatter):
    """`12:03:04.512 INFO  message  key=value`."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """Write a record for a person."""
        clock = format_micro(record.created)[11:23]
        extra = "".join(f"  {key}={value}" for key, value in _extra(record).items())
        line = f"{clock} {record.levelname:<7} {record.getMessage()}{extra}"
        if self._colours and (colour := _COLOURS.get(record.levelname)):
            line = f"\x1b[{colour}m{line}\x1b[0m"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _extra(record: logging.LogRecord) -> Mapping[str, Any]:
    return {k: v for k, v in vars(record).items() if k not in _STANDARD and v is not None}
