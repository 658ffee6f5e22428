"""What the API server saw: its audit log, read against the pods that there were before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controller.domain.times import parse_rfc3339
from hack.cluster.install import KWOK_ACCOUNT, KWOK_USER
from hack.demo.apps import DO_NOT_DISRUPT, budget_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from controller.domain.times import Instant

OK, FIRST_ERROR = 200, 400


@dataclass(frozen=True, slots=True)
class Subject:
    """A pod of a node that will be drained, as it was before the notice."""

    uid: str
    key: str
    node: str
    priority: int
    protected: bool = False
    budget: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of it by the audit log; None is what was not seen.

    `asked` is the first eviction or deletion that arrived, `accepted` the first that succeeded,
    `overridden` whether that was a deletion, and `gone` when the kubelet (KWOK) removed the pod.
    """

    subject: Subject
    asked: Instant | None = None
    accepted: Instant | None = None
    overridden: bool = False
    gone: Instant | None = None
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API server, reduced to what matters here."""

    user: str
    verb: str
    resource: str
    key: str
    uid: str
    arrived: Instant
    answered: Instant
    accepted: bool


def subjects(pods: Iterable[Mapping[str, Any]], nodes: Iterable[str]) -> list[Subject]:
    """Return the pods of these nodes that a drain is about: all but those of DaemonSets."""
    wanted = set(nodes)
    return [
        _subject(pod)
        for pod in pods
        if pod["spec"].get("nodeName") in wanted
        and all(owner["kind"] != "DaemonSet" for owner in pod["metadata"]["ownerReferences"])
    ]


def requests(audit: Iterable[Mapping[str, Any]]) -> list[Request]:
    """Return the audit log's requests about one pod or node, by the time at which they arrived."""
    return sorted(_requests(audit), key=lambda request: request.arrived)


def passages(found: Iterable[Subject], log: Iterable[Request], account: str) -> list[Passage]:
    """Follow each pod through the log; `account` is the controller's name to the API server."""
    calls: dict[str, list[Request]] = {}
    removals: dict[str, list[Request]] = {}
    for request in log:
        if request.user == account and request.uid and _is_signal(request):
            calls.setdefault(request.uid, []).append(request)
        if (
            request.user in {KWOK_USER, KWOK_ACCOUNT}
            and request.verb == "delete"
            and request.accepted
        ):
            removals.setdefault(request.key, []).append(request)
    return [
        _passage(subject, calls.get(subject.uid, []), removals.get(subject.key, []))
        for subject in found
    ]


def cordons(log: Iterable[Request], account: str) -> dict[str, Instant]:
    """Return when the controller's first change of each node was answered, by the node's name."""
    found: dict[str, Instant] = {}
    for request in log:
        ours = request.user == account and request.accepted
        if ours and request.resource == "nodes" and request.verb == "patch":
            found.setdefault(request.key, request.answered)
    return found


def _is_signal(request: Request) -> bool:
    """Tell an eviction or a deletion of a pod from everything else."""
    evicts = request.verb == "create" and request.resource == "pods/eviction"
    return evicts or (request.verb == "delete" and request.resource == "pods")


def _passage(subject: Subject, calls: list[Request], removals: list[Request]) -> Passage:
    accepted = next((call for call in calls if call.accepted), None)
    if accepted is None:
        asked = calls[0].arrived if calls else None
        return Passage(subject, asked, refusals=len(calls))
    # A StatefulSet's next pod has the same name, and is removed later.
    gone = (removal.answered for removal in removals if removal.arrived >= accepted.arrived)
    return Passage(
        subject,
        asked=calls[0].arrived,
        accepted=accepted.answered,
        overridden=accepted.verb == "delete",
        gone=next(gone, None),
        refusals=calls.index(accepted),
    )


def _subject(pod: Mapping[str, Any]) -> Subject:
    meta, spec = pod["metadata"], pod["spec"]
    annotations = meta.get("annotations") or {}
    return Subject(
        uid=meta["uid"],
        key=f"{meta['namespace']}/{meta['name']}",
        node=spec["nodeName"],
        priority=spec["priority"],
        protected=DO_NOT_DISRUPT.items() <= annotations.items(),
        budget=budget_of(meta["namespace"], meta["labels"]),
    )


def _requests(audit: Iterable[Mapping[str, Any]]) -> Iterator[Request]:
    for entry in audit:
        target = entry.get("objectRef") or {}
        arrived = parse_rfc3339(entry.get("requestReceivedTimestamp"))
        answered = parse_rfc3339(entry.get("stageTimestamp"))
        if "name" not in target or arrived is None or answered is None:
            continue
        resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
        body = entry.get("requestObject") or {}
        options = body.get("deleteOptions") or body
        yield Request(
            user=entry["user"].get("username", ""),
            verb=entry["verb"],
            resource=resource,
            key="/".join(filter(None, (target.get("namespace"), target["name"]))),
            uid=(options.get("preconditions") or {}).get("uid", ""),
            arrived=arrived,
            answered=answered,
            accepted=OK <= entry["responseStatus"]["code"] < FIRST_ERROR,
        )
