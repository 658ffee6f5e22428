"""What the API server answered, by its audit log, whose times are microseconds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from controller.domain.times import Instant

FIRST_ERROR = 400


class Call(NamedTuple):
    """One answered request; a watch is answered when it begins.

    `resource` has its subresource after a slash, `key` is the name or namespace/name. `grace` is
    what an eviction or a deletion asked for in seconds, None if it left the pod its own.
    """

    user: str
    agent: str
    verb: str
    resource: str
    key: str
    code: int
    arrived: Instant
    answered: Instant
    grace: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether the server did what it was asked to do."""
        return self.code < FIRST_ERROR


def calls(audit: Iterable[Mapping[str, Any]]) -> list[Call]:
    """Read the entries of an audit log, in the order in which the requests arrived."""
    return sorted(_calls(audit), key=lambda call: call.arrived)


def cordons(log: Iterable[Call]) -> dict[str, Instant]:
    """Return when the first change of each node was answered, by the node's name."""
    return _first(c for c in log if (c.verb, c.resource) == ("patch", "nodes"))


def evictions(log: Iterable[Call]) -> dict[str, Instant]:
    """Return when the eviction of each pod was accepted, by namespace/name."""
    return _first(c for c in log if c.resource == "pods/eviction")


def removals(log: Iterable[Call]) -> dict[str, Instant]:
    """Return when the object of each pod was deleted by its kubelet, by namespace/name."""
    return _first(c for c in log if (c.verb, c.resource) == ("delete", "pods"))


def tally(log: Iterable[Call]) -> Counter[str]:
    """Count calls by verb and resource: `patch nodeinterruptions/status`."""
    return Counter(f"{call.verb} {call.resource}" for call in log)


def _first(log: Iterable[Call]) -> dict[str, Instant]:
    found: dict[str, Instant] = {}
    for call in log:
        if call.accepted:
            found.setdefault(call.key, call.answered)
    return found


def _calls(audit: Iterable[Mapping[str, Any]]) -> Iterator[Call]:
    for entry in audit:
        target = entry.get("objectRef") or {}
        # A watch has two entries, when it begins and when it ends; everything else has one.
        begins = "ResponseStarted" if entry["verb"] == "watch" else "ResponseComplete"
        arrived = parse_rfc3339(entry.get("requestReceivedTimestamp"))
        answered = parse_rfc3339(entry.get("stageTimestamp"))
        if entry.get("stage") != begins or arrived is None or answered is None:
            continue
        yield Call(
            user=entry["user"].get("username", ""),
            agent=entry.get("userAgent", ""),
            verb=entry["verb"],
            resource=_joined(target.get("resource"), target.get("subresource")),
            key=_joined(target.get("namespace"), target.get("name")),
            code=entry["responseStatus"]["code"],
            arrived=arrived,
            answered=answered,
            grace=_grace(entry.get("requestObject") or {}),
        )


def _grace(body: Mapping[str, Any]) -> int | None:
    """Read the grace out of DeleteOptions, or out of the Eviction around them."""
    grace = (body.get("deleteOptions") or body).get("gracePeriodSeconds")
    return None if grace is None else int(grace)


def _joined(*parts: str | None) -> str:
    return "/".join(filter(None, parts))
