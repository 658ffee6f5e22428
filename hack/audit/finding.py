"""What an audit found out, and what it could not."""

from __future__ import annotations

from typing import NamedTuple


class Report(NamedTuple):
    """The answer of one source.

    `findings` have to be seen to. `unknown` are sentences about what could not be asked; nothing is
    known to be wrong there.
    """

    asked: str
    findings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
