"""From a SpotPolicy object to a Policy, and the sentence for one that cannot be read.

The CRD's schema and CEL rules refuse bad policies at `kubectl apply`. What arrives here unreadable
was stored before an upgrade tightened the schema, or with validation switched off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.drain_reading import drain_from
from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.policy import Action, FencePolicy, LifecyclePolicy, Mode, Policy
from controller.domain.provisioner import KarpenterNodes
from controller.domain.reading import InvalidPolicyError, choice, seconds
from controller.domain.rebalance_reading import rebalance_from
from controller.domain.selector import Selector, selector_from

if TYPE_CHECKING:
    from collections.abc import Mapping


def policy_from(obj: Mapping[str, Any]) -> Policy:
    """Read a SpotPolicy object; absent fields take the built-in policy's value.

    Raises InvalidPolicyError with a sentence for the policy's `Accepted` condition.
    """
    try:
        return _policy(obj["metadata"]["name"], obj.get("spec") or {})
    except InvalidPolicyError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidPolicyError(f"the policy does not have the expected shape: {error}") from error


def _policy(name: str, spec: Mapping[str, Any]) -> Policy:
    events = spec.get("events") or {}
    scheduled = events.get("scheduledChange") or {}
    default = Policy()
    return Policy(
        name=name,
        weight=int(spec.get("weight", default.weight)),
        mode=choice(Mode, "mode", spec.get("mode"), default.mode),
        node_selector=selector_from(spec.get("nodeSelector")) or Selector(),
        actions={kind: _action(events, event, kind) for event, kind in EVENTS.items()},
        rebalance=rebalance_from(events.get("rebalance") or {}),
        lifecycle=_lifecycle(events.get("lifecycleTermination") or {}),
        lead_time=seconds(
            "events.scheduledChange.leadTime", scheduled.get("leadTime"), default.lead_time
        ),
        karpenter_nodes=choice(
            KarpenterNodes, "karpenterNodes", spec.get("karpenterNodes"), default.karpenter_nodes
        ),
        drain=drain_from(spec.get("drain") or {}),
        fence=_fence(spec.get("fence") or {}),
    )


EVENTS = {
    "spotInterruption": Kind.SPOT_INTERRUPTION,
    "rebalance": Kind.REBALANCE,
    "capacityReservation": Kind.CAPACITY_RESERVATION,
    "stateChange": Kind.STATE_CHANGE,
    "lifecycleTermination": Kind.LIFECYCLE_TERMINATION,
    "scheduledChange": Kind.SCHEDULED_CHANGE,
}
"""The kinds of notice by their fields in `spec.events`."""


def _action(events: Mapping[str, Any], event: str, kind: Kind) -> Action:
    stated = (events.get(event) or {}).get("action")
    return choice(Action, f"events.{event}.action", stated, Policy().action_for(kind))


def _lifecycle(spec: Mapping[str, Any]) -> LifecyclePolicy:
    default, path = LifecyclePolicy(), "events.lifecycleTermination"
    return LifecyclePolicy(
        timeout=seconds(f"{path}.timeout", spec.get("timeout"), default.timeout),
        heartbeat=bool(spec.get("heartbeat", default.heartbeat)),
    )


def _fence(spec: Mapping[str, Any]) -> FencePolicy:
    default, taint = FencePolicy(), spec.get("taint") or {}
    return FencePolicy(
        taint=Taint(taint.get("key", default.taint.key), taint.get("effect", default.taint.effect)),
        exclude_from_load_balancers=bool(
            spec.get("excludeFromLoadBalancers", default.exclude_from_load_balancers)
        ),
        settle=seconds("fence.settle", spec.get("settle"), default.settle),
        labels=_labels(spec.get("labels") or {}),
    )


BOUND = (
    "node-role.kubernetes.io/",
    "node-restriction.kubernetes.io/",
    "topology.kubernetes.io/",
    "kubernetes.io/hostname",
)
"""How the keys begin that say which workloads a node is for, or where it is.

The chart's policy `bounds` refuses a patch that changes one, so a fence with it would close nothing.
"""


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    for key in labels:
        if key.startswith(BOUND):
            raise InvalidPolicyError(
                f"spec.fence.labels has {key}: labels that say which workloads a node is for or where it"
                " is stay as they are, take another key"
            )
    return dict(labels)
