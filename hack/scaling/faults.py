"""What may go wrong on demand."""

from __future__ import annotations

from enum import Enum

TOKEN_MARK = "5ec7e7ed"  # noqa: S105 - it opens nothing
"""Every token that is given out begins with it, so that a search finds any that was told."""


class Refusal(Exception):  # noqa: N818 - an answer of the service, not a fault of ours
    """An error that Auto Scaling answers: HTTP status, AWS's code, AWS's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Fault(Enum):
    """What happens to a call instead of, or after, its being carried out."""

    THROTTLED = "throttled"
    INTERNAL = "internal"
    CONTENDED = "contended"
    DENIED = "denied"
    NO_GROUP = "no group"
    INVALID = "invalid"
    HANGS = "hangs"
    """Nothing is done and nothing is answered until the server closes."""
    ANSWER_LOST = "answer lost"
    """It is carried out, and the connection breaks before the answer."""

    def refuse(self, action: str) -> None:
        """Raise what this fault answers; return if it answers nothing."""
        if self in _REFUSALS:
            status, code, message = _REFUSALS[self]
            raise Refusal(status, code, message.format(action=action))


# Codes and words as AWS sends them; ResourceContention is the one that the model declares.
_ROLE = "arn:aws:sts::123456789012:assumed-role/spotdrain/pod"
_DENIAL = f"User: {_ROLE} is not authorized to perform: autoscaling:{{action}}"
# AWS quotes what it was sent.
_COMPLAINT = (
    f"1 validation error detected: Value '{TOKEN_MARK}-0000-4000-8000-000000000000' at"
    " 'lifecycleActionToken' failed to satisfy constraint"
)
_REFUSALS = {
    Fault.THROTTLED: (400, "Throttling", "Rate exceeded"),
    Fault.INTERNAL: (500, "InternalFailure", "The request processing has failed."),
    Fault.CONTENDED: (500, "ResourceContention", "There is a pending update to this group."),
    Fault.INVALID: (400, "ValidationError", _COMPLAINT),
    Fault.NO_GROUP: (400, "ValidationError", "AutoScalingGroup name not found - null"),
    Fault.DENIED: (403, "AccessDenied", _DENIAL),
}
