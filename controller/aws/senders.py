"""Whether a queue's policy lets the services in that bring events. Pure.

It tells what is plainly missing, not what IAM would decide: conditions and denials are not judged.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

SERVICES = ("events.amazonaws.com", "sns.amazonaws.com")
SEND = "sqs:sendmessage"


def may_send(policy: str) -> bool:
    """Tell whether a policy (JSON; empty for none) allows EventBridge or SNS to send.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    try:
        found = json.loads(policy)
    except ValueError:
        return False
    statements = _several(found.get("Statement")) if isinstance(found, dict) else []
    return any(isinstance(said, dict) and _lets_in(said) for said in statements)


def _lets_in(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow" or not _is_sending(statement.get("Action")):
        return False
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        named = [*_several(principal.get("Service")), *_several(principal.get("AWS"))]
    else:
        named = _several(principal)
    return any(name in {"*", *SERVICES} for name in named if isinstance(name, str))


def _is_sending(actions: object) -> bool:
    """Tell whether SendMessage is among the actions; IAM takes wildcards and any case."""
    named = [name for name in _several(actions) if isinstance(name, str)]
    return any(fnmatchcase(SEND, name.lower()) for name in named)


def _several(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
