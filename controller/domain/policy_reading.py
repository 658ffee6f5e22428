"""From a SpotPolicy object to a Policy, and the sentence for one that cannot be read.

The CRD's schema and CEL rules refuse bad policies at `kubectl apply`. What arrives here unreadable
was stored before an upgrade tightened the schema, or with validation switched off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.drain_reading import drain_from
from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.policy import Action, FencePolicy, Mode, Policy
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
    spot, rebalance = events.get("spotInterruption") or {}, events.get("rebalance") or {}
    default = Policy()
    return Policy(
        name=name,
        weight=int(spec.get("weight", default.weight)),
        mode=choice(Mode, "mode", spec.get("mode"), default.mode),
        node_selector=selector_from(spec.get("nodeSelector")) or Selector(),
        actions={
            **default.actions,
            Kind.SPOT_INTERRUPTION: choice(
                Action, "events.spotInterruption.action", spot.get("action"), Action.DRAIN
            ),
            Kind.REBALANCE: choice(
                Action, "events.rebalance.action", rebalance.get("action"), Action.CORDON
            ),
        },
        rebalance=rebalance_from(rebalance),
        drain=drain_from(spec.get("drain") or {}),
        fence=_fence(spec.get("fence") or {}),
    )


def _fence(spec: Mapping[str, Any]) -> FencePolicy:
    default, taint = FencePolicy(), spec.get("taint") or {}
    return FencePolicy(
        taint=Taint(taint.get("key", default.taint.key), taint.get("effect", default.taint.effect)),
        exclude_from_load_balancers=bool(
            spec.get("excludeFromLoadBalancers", default.exclude_from_load_balancers)
        ),
        settle=seconds("fence.settle", spec.get("settle"), default.settle),
        labels=dict(spec.get("labels") or {}),
    )
