"""Reads what the tests need out of a NodeInterruption and of a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

KILLED = 137
"""The exit code of a container that SIGKILL ended: 128 and 9."""


def instant(text: str) -> float:
    """Read a time of the API server's as epoch seconds."""
    at = parse_rfc3339(text)
    assert at is not None, text
    return at


def phase_of(record: Mapping[str, Any]) -> str:
    """Read the phase, empty before the first status."""
    return str(record.get("status", {}).get("phase", ""))


def deadline_of(record: Mapping[str, Any]) -> float:
    """Read when EC2 takes the instance."""
    return instant(record["status"]["deadline"])


def entry_of(record: Mapping[str, Any], pod: str, part: str = "timeline") -> Mapping[str, Any]:
    """Find what the status tells of a pod by its name, in its timeline or of those that wait.

    Empty where it tells nothing.
    """
    entries = record.get("status", {}).get(part, ())
    return next((e for e in entries if e["pod"].split("/")[1] == pod), {})


def condition_of(item: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Find a condition of any object, empty without it."""
    conditions = item.get("status", {}).get("conditions", ())
    return next((c for c in conditions if c["type"] == kind), {})


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Tell whether a pod runs and is Ready."""
    return condition_of(pod, "Ready").get("status") == "True"


def ready_since(pod: Mapping[str, Any]) -> float:
    """Read when a pod became Ready; whole seconds."""
    return instant(condition_of(pod, "Ready")["lastTransitionTime"])


def exit_code(pod: Mapping[str, Any]) -> int:
    """Read how its container ended, as the kubelet tells; AssertionError while it runs."""
    return int(_end_of(pod)["exitCode"])


def ended_at(pod: Mapping[str, Any]) -> float:
    """Read when its container ended, likewise; whole seconds."""
    return instant(_end_of(pod)["finishedAt"])


def _end_of(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    (container,) = pod["status"]["containerStatuses"]
    ended: Mapping[str, Any] | None = container["state"].get("terminated")
    assert ended is not None, container["state"]
    return ended


def node_of(pod: Mapping[str, Any]) -> str:
    """Read where a pod runs, empty while it is not scheduled."""
    return str(pod["spec"].get("nodeName", ""))


def name_of(item: Mapping[str, Any]) -> str:
    """Read the name of any object."""
    return str(item["metadata"]["name"])


def uid_of(item: Mapping[str, Any]) -> str:
    """Read the UID of any object."""
    return str(item["metadata"]["uid"])
