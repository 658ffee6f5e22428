"""Pods that do not want to leave, drawn from a seed: the same seed, the same pods."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.ground import NAMESPACE, owned
from hack.pods import STOP_SECONDS, pod_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PRIORITIES = {
    "hostile-low": -10,
    "": 0,
    "hostile-plus": 1000,
    "hostile-high": 100_000,
    "system-cluster-critical": 2_000_000_000,
}
GRACES = (1, 5, 10, 30)
LONG_GRACES = (30, 60, 90, 300)
PROTECT = {"karpenter.sh/do-not-disrupt": "true"}


@dataclass(frozen=True, slots=True)
class Guest:
    """One pod: `grace` and `stop` (how long it takes) in seconds.

    `guards` are the budgets that select it; with `shut` they have no room, ever. `claims`: it has a
    volume claim.
    """

    name: str
    node: str
    class_name: str
    grace: int
    stop: float
    guards: tuple[str, ...] = ()
    shut: bool = False
    protected: bool = False
    claims: bool = False

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return f"{NAMESPACE}/{self.name}"

    @property
    def priority(self) -> int:
        """The integer of its class."""
        return PRIORITIES[self.class_name]


def guests_of(seed: int, nodes: Sequence[str], count: int) -> list[Guest]:
    """Draw `count` pods for each node; every third node has long graces, which leave order no time."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, no secret
    found = []
    for number, node in enumerate(nodes):
        graces = GRACES + LONG_GRACES if number % 3 == 0 else GRACES
        found += [_guest(draw, node, f"{node}-{place}", graces) for place in range(count)]
    return found


def _guest(draw: random.Random, node: str, name: str, graces: Sequence[int]) -> Guest:
    grace = draw.choice(graces)
    # Two budgets on one pod let nobody evict it; a shut one has no room; others are shared.
    guards, shut = draw.choice(
        [
            *[((), False)] * 4,
            ((f"shut-{node}-{draw.randrange(3)}",), True),
            ((f"shut-{name}",), True),
            ((f"open-{node}-{draw.randrange(2)}",), False),
            ((f"twin-a-{name}", f"twin-b-{name}"), True),
        ]
    )
    return Guest(
        name=name,
        node=node,
        class_name=draw.choice([*PRIORITIES] + [""] * 3),
        grace=grace,
        stop=draw.choice([0.2, 1.0, min(grace, 20.0), float(grace)]),
        guards=guards,
        shut=shut,
        protected=draw.random() < 0.1,  # noqa: PLR2004 - one in ten
        claims=draw.random() < 0.1,  # noqa: PLR2004 - one in ten
    )


def pod_manifest_of(guest: Guest, reference: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the pod."""
    marks = {STOP_SECONDS: str(guest.stop), **(PROTECT if guest.protected else {})}
    spec: dict[str, Any] = {
        "nodeName": guest.node,
        "terminationGracePeriodSeconds": guest.grace,
    }
    if guest.class_name:
        spec["priorityClassName"] = guest.class_name
    if guest.claims:
        claim = {"claimName": guest.name}
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": claim}]
    labels = {f"guard-{guard}": "on" for guard in guest.guards}
    return owned(
        pod_manifest(guest.name, NAMESPACE, labels=labels, annotations=marks, **spec), reference
    )


def budget_manifests(guests: Iterable[Guest]) -> list[dict[str, Any]]:
    """Describe the budgets that the pods name: without room, or with room for one at a time."""
    shut = {guard: guest.shut for guest in guests for guard in guest.guards}
    return [
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": guard, "namespace": NAMESPACE},
            "spec": {
                # Without a controller that says how many there should be, only a number is possible.
                "minAvailable": 1000 if full else 0,
                "selector": {"matchLabels": {f"guard-{guard}": "on"}},
            },
        }
        for guard, full in sorted(shut.items())
    ]
