"""From a SpotPolicy object to a Policy, and the sentence for one that cannot be read.

The CRD's schema and CEL rules refuse bad policies at `kubectl apply`. What arrives here unreadable
was stored before an upgrade tightened the schema, or with validation switched off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from controller.domain.durations import parse_duration
from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.policy import (
    Action,
    BudgetMode,
    DrainPolicy,
    FencePolicy,
    Policy,
    ProtectedMode,
)
from controller.domain.selector import Selector, selector_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

E = TypeVar("E", bound="StrEnum")

_ON_VOLUNTARY = {"Respect": ProtectedMode.NEVER, "Ignore": ProtectedMode.IGNORE}


class InvalidPolicyError(ValueError):
    """A SpotPolicy that cannot be read; the text says what to change."""


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
        node_selector=selector_from(spec.get("nodeSelector")) or Selector(),
        actions={
            Kind.SPOT_INTERRUPTION: _choice(
                Action, "events.spotInterruption.action", spot.get("action"), Action.DRAIN
            ),
            Kind.REBALANCE: _choice(
                Action, "events.rebalance.action", rebalance.get("action"), Action.CORDON
            ),
        },
        rebalance_expiry=_seconds(
            "events.rebalance.expireAfter", rebalance.get("expireAfter"), default.rebalance_expiry
        ),
        drain=_drain(spec.get("drain") or {}),
        fence=_fence(spec.get("fence") or {}),
    )


def _drain(spec: Mapping[str, Any]) -> DrainPolicy:
    default = DrainPolicy()
    budgets, protected = spec.get("podDisruptionBudgets") or {}, spec.get("doNotDisrupt") or {}
    respect = protected.get("onVoluntary", "Respect")
    if respect not in _ON_VOLUNTARY:
        raise InvalidPolicyError(
            _not_one_of("drain.doNotDisrupt.onVoluntary", respect, _ON_VOLUNTARY)
        )
    return DrainPolicy(
        ordered=spec.get("order", "PriorityAscending") != "None",
        band_stagger=_seconds("drain.bandStagger", spec.get("bandStagger"), default.band_stagger),
        reserve=_seconds("drain.reserve", spec.get("reserve"), default.reserve),
        grace_cap=_seconds("drain.gracePeriodCap", spec.get("gracePeriodCap"), default.grace_cap),
        budgets_on_interruption=_choice(
            BudgetMode,
            "drain.podDisruptionBudgets.onInterruption",
            budgets.get("onInterruption"),
            default.budgets_on_interruption,
        ),
        budgets_on_voluntary=_choice(
            BudgetMode,
            "drain.podDisruptionBudgets.onVoluntary",
            budgets.get("onVoluntary"),
            default.budgets_on_voluntary,
        ),
        protected_on_interruption=_choice(
            ProtectedMode,
            "drain.doNotDisrupt.onInterruption",
            protected.get("onInterruption"),
            default.protected_on_interruption,
        ),
        protected_on_voluntary=_ON_VOLUNTARY[respect],
        protected_annotations=tuple(protected.get("annotations", default.protected_annotations)),
        skip_pods=selector_from(spec.get("skipPods")) or None,
    )


def _fence(spec: Mapping[str, Any]) -> FencePolicy:
    default, taint = FencePolicy(), spec.get("taint") or {}
    return FencePolicy(
        taint=Taint(taint.get("key", default.taint.key), taint.get("effect", default.taint.effect)),
        exclude_from_load_balancers=bool(
            spec.get("excludeFromLoadBalancers", default.exclude_from_load_balancers)
        ),
    )


def _seconds(path: str, text: object, default: float) -> float:
    if text is None:
        return default
    seconds = parse_duration(text)
    if seconds is None:
        raise InvalidPolicyError(
            f'spec.{path} is {text!r}: write a duration such as "90s" or "2m30s"'
        )
    return seconds


def _choice(choices: type[E], path: str, value: object, default: E) -> E:
    if value is None:
        return default
    if value not in {str(choice) for choice in choices}:
        raise InvalidPolicyError(_not_one_of(path, value, choices))
    return choices(str(value))


def _not_one_of(path: str, value: object, choices: Any) -> str:
    return f"spec.{path} is {value!r}: choose one of {', '.join(map(str, choices))}"
