"""What a decision says: a reason for machines and a sentence for people."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """Why something was decided.

    `reason` is CamelCase and stable (status, Events, metrics); `message` is the sentence that a
    person reads in `kubectl get ni`.
    """

    reason: str
    message: str
