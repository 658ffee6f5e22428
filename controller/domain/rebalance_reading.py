"""The `events.rebalance` part of a SpotPolicy: budgets, schedules, waiting for room."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from controller.domain.policy import Amount, Opening, RebalancePolicy
from controller.domain.reading import InvalidPolicyError, seconds
from controller.domain.schedule import trouble_with

if TYPE_CHECKING:
    from collections.abc import Mapping

_PERCENT = re.compile(r"(\d{1,3})%")


def rebalance_from(spec: Mapping[str, Any]) -> RebalancePolicy:
    """Read the part; absent fields take their default."""
    default, budget, path = RebalancePolicy(), spec.get("budget") or {}, "events.rebalance"
    return RebalancePolicy(
        expiry=seconds(f"{path}.expireAfter", spec.get("expireAfter"), default.expiry),
        nodes=_amount(f"{path}.budget.nodes", budget.get("nodes"), default.nodes),
        per_zone=_amount(f"{path}.budget.perZone", budget.get("perZone"), default.per_zone),
        schedules=tuple(map(_opening, budget.get("schedules") or ())),
        wait_for_capacity=seconds(
            f"{path}.waitForCapacity", spec.get("waitForCapacity"), default.wait_for_capacity
        ),
    )


def _amount(path: str, value: object, default: Amount | None) -> Amount | None:
    if value is None:
        return default
    if isinstance(value, int) and value >= 0:
        return Amount(value)
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value)):
        return Amount(int(match[1]), percent=True)
    raise InvalidPolicyError(
        f'spec.{path} is {value!r}: write a number of nodes or a percentage such as "10%"'
    )


def _opening(entry: Mapping[str, Any]) -> Opening:
    path = "events.rebalance.budget.schedules"
    opening = Opening(
        cron=str(entry["cron"]),
        duration=seconds(f"{path}.duration", entry["duration"], 0.0),
        time_zone=str(entry.get("timeZone", "UTC")),
    )
    if trouble := trouble_with(opening):
        raise InvalidPolicyError(f"spec.{path}: {trouble}")
    return opening
