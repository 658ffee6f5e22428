"""What we know of a Pod."""

from __future__ import annotations

from dataclasses import dataclass, field
from sys import intern
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from controller.domain.resources import NOTHING, requests_of
from controller.domain.times import parse_rfc3339
from controller.domain.toleration import toleration_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.resources import Resources
    from controller.domain.times import Instant
    from controller.domain.toleration import Toleration

SYSTEM_CRITICAL = 2_000_000_000
"""The lowest value of the two built-in system PriorityClasses, and kubelet's threshold.

https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/
"""

MIRROR_ANNOTATION = "kubernetes.io/config.mirror"
DEFAULT_GRACE = 30
_CLAIMS = {"persistentVolumeClaim", "ephemeral"}  # a claim by name, or one that is made for the pod
_NONE: Mapping[str, str] = MappingProxyType({})
FINISHED_PHASES = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True, slots=True)
class PodFacts:
    """The few fields of a Pod that a drain needs.

    `grace` is `terminationGracePeriodSeconds`; `deletion_time` is `metadata.deletionTimestamp`, the
    moment at which the grace of a terminating pod is over (None while it is not terminating), and
    `deletion_grace` how long that is. `disruption` is the reason of its DisruptionTarget condition.
    `owner_*` are of the controller, empty without one. `local_storage`: it has an emptyDir.
    `held_by_finalizer`: it was deleted and all its containers have ended; only a finalizer keeps
    the object.
    """

    namespace: str
    name: str
    uid: str
    node_name: str
    priority: int = 0
    grace: int = DEFAULT_GRACE
    phase: str = "Running"
    ready: bool = True
    owner_kind: str = ""
    owner_name: str = ""
    owner_uid: str = ""
    mirror: bool = False
    has_volume_claims: bool = False
    local_storage: bool = False
    held_by_finalizer: bool = False
    start_time: Instant | None = None
    deletion_time: Instant | None = None
    deletion_grace: int = 0
    disruption: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    requests: Resources = NOTHING

    @property
    def key(self) -> str:
        """`namespace/name`, as kubectl prints it."""
        return f"{self.namespace}/{self.name}"

    @property
    def finished(self) -> bool:
        """Whether its containers are done for good."""
        return self.phase in FINISHED_PHASES

    @property
    def terminating(self) -> bool:
        """Whether a deletion was accepted; it has had, or is about to get, its SIGTERM."""
        return self.deletion_time is not None

    @property
    def system_critical(self) -> bool:
        """Whether it belongs to the band that everything else leans on."""
        return self.priority >= SYSTEM_CRITICAL


def pod_from(obj: Mapping[str, Any]) -> PodFacts:
    """Reduce a v1 Pod to its facts."""
    meta, spec, status = obj.get("metadata") or {}, obj.get("spec") or {}, obj.get("status") or {}
    owner: Mapping[str, Any] = next(
        (o for o in meta.get("ownerReferences") or () if o.get("controller")), {}
    )
    grace = spec.get("terminationGracePeriodSeconds")
    annotations, volumes = meta.get("annotations") or _NONE, spec.get("volumes") or ()
    return PodFacts(
        # Thirty thousand pods of one reclaim hold the same few words only once.
        namespace=intern(meta.get("namespace", "")),
        name=meta.get("name", ""),
        uid=meta.get("uid", ""),
        node_name=intern(spec.get("nodeName", "")),
        priority=int(spec.get("priority") or 0),
        grace=DEFAULT_GRACE if grace is None else int(grace),
        phase=intern(status.get("phase", "")),
        ready=_is_ready(status),
        owner_kind=intern(owner.get("kind", "")),
        owner_name=intern(owner.get("name", "")),
        owner_uid=intern(owner.get("uid", "")),
        mirror=MIRROR_ANNOTATION in annotations,
        has_volume_claims=any(_CLAIMS & v.keys() for v in volumes),
        local_storage=any("emptyDir" in v for v in volumes),
        held_by_finalizer=_is_held(meta, status),
        start_time=parse_rfc3339(status.get("startTime")),
        deletion_time=parse_rfc3339(meta.get("deletionTimestamp")),
        deletion_grace=int(meta.get("deletionGracePeriodSeconds") or 0),
        disruption=_disruption(status),
        labels=meta.get("labels") or _NONE,
        annotations=annotations,
        tolerations=tuple(map(toleration_from, spec.get("tolerations") or ())),
        node_selector=spec.get("nodeSelector") or _NONE,
        requests=requests_of(spec),
    )


def _disruption(status: Mapping[str, Any]) -> str:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            return str(condition.get("reason") or "")
    return ""


def _is_ready(status: Mapping[str, Any]) -> bool:
    conditions = status.get("conditions") or ()
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def _is_held(meta: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Tell whether nothing but a finalizer keeps a deleted pod.

    A kubelet that has stopped all containers deletes the pod with a grace of 0, and without a
    finalizer the object would vanish by that. Before, it reports the containers' last states.
    """
    if not meta.get("deletionTimestamp") or not meta.get("finalizers"):
        return False
    states = [c.get("state") or {} for c in status.get("containerStatuses") or ()]
    ended = bool(states) and all("terminated" in state for state in states)
    confirmed = meta.get("deletionGracePeriodSeconds") == 0
    return confirmed or ended or status.get("phase") in FINISHED_PHASES
