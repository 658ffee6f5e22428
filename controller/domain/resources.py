"""What pods ask of a node, and what a node has to give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from controller.domain.quantity import format_bytes, format_milli, milli, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Resources(NamedTuple):
    """CPU in thousandths of a core, memory in bytes, and how many pods."""

    cpu: int = 0
    memory: int = 0
    pods: int = 0

    def plus(self, other: Resources) -> Resources:
        """Add two amounts."""
        return Resources(self.cpu + other.cpu, self.memory + other.memory, self.pods + other.pods)

    def minus(self, other: Resources) -> Resources:
        """Take an amount away; what is overdrawn is negative."""
        return Resources(self.cpu - other.cpu, self.memory - other.memory, self.pods - other.pods)

    def most(self, other: Resources) -> Resources:
        """Take the larger of each."""
        return Resources(*map(max, self, other))

    def fits(self, free: Resources) -> bool:
        """Tell whether so much is free; what is not asked for does not count."""
        return all(asked <= 0 or asked <= has for asked, has in zip(self, free, strict=True))

    def __str__(self) -> str:
        return f"cpu {format_milli(self.cpu)}, memory {format_bytes(self.memory)}"


NOTHING = Resources()


def total(amounts: Iterable[Resources]) -> Resources:
    """Add amounts up."""
    found = Resources()
    for amount in amounts:
        found = found.plus(amount)
    return found


def allocatable_of(status: Mapping[str, Any]) -> Resources:
    """Read what a node has for pods, from its status."""
    has = status.get("allocatable") or {}
    return Resources(milli(has.get("cpu")), whole(has.get("memory")), whole(has.get("pods")))


def requests_of(spec: Mapping[str, Any]) -> Resources:
    """Work out what a pod asks of the scheduler, from its spec.

    Init containers run one after the other, beside the sidecars (init containers that are always
    restarted) started before them; the larger of that and of what runs later counts. Requests of
    the pod as a whole win. Source: KEP-753 and KEP-2837, component-helpers `resource.PodRequests`.
    """
    sidecars = peak = Resources()
    for container in spec.get("initContainers") or ():
        own = _requests(container)
        peak = peak.most(sidecars.plus(own))
        if container.get("restartPolicy") == "Always":
            sidecars = sidecars.plus(own)
    running = total(map(_requests, spec.get("containers") or ())).plus(sidecars)
    found = peak.most(running)
    whole_pod = (spec.get("resources") or {}).get("requests") or {}
    stated = _amounts(whole_pod)
    overhead = _amounts(spec.get("overhead") or {})
    return Resources(
        (stated.cpu if "cpu" in whole_pod else found.cpu) + overhead.cpu,
        (stated.memory if "memory" in whole_pod else found.memory) + overhead.memory,
        pods=1,
    )


def _requests(container: Mapping[str, Any]) -> Resources:
    return _amounts((container.get("resources") or {}).get("requests") or {})


def _amounts(requests: Mapping[str, Any]) -> Resources:
    return Resources(milli(requests.get("cpu")), whole(requests.get("memory")))
