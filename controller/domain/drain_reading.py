"""The `drain` part of a SpotPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.policy import (
    Band,
    BudgetMode,
    DaemonSetMode,
    DrainPolicy,
    OutOfService,
    ProtectedMode,
)
from controller.domain.reading import choice, seconds, yes
from controller.domain.selector import selector_from

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESPECT_OR_NOT = ("Respect", "Ignore")
_EVICT_OR_NOT = ("Evict", "Keep")


def drain_from(spec: Mapping[str, Any]) -> DrainPolicy:
    """Read the part; absent fields take their default."""
    default = DrainPolicy()
    budgets, protected = spec.get("podDisruptionBudgets") or {}, spec.get("doNotDisrupt") or {}
    respected = yes(
        "drain.doNotDisrupt.onVoluntary", protected.get("onVoluntary"), _RESPECT_OR_NOT, True
    )
    return DrainPolicy(
        ordered=spec.get("order", "PriorityAscending") != "None",
        bands=tuple(map(_band, spec.get("bands") or ())),
        band_stagger=seconds("drain.bandStagger", spec.get("bandStagger"), default.band_stagger),
        reserve=seconds("drain.reserve", spec.get("reserve"), default.reserve),
        grace_cap=seconds("drain.gracePeriodCap", spec.get("gracePeriodCap"), default.grace_cap),
        budgets_on_interruption=choice(
            BudgetMode,
            "drain.podDisruptionBudgets.onInterruption",
            budgets.get("onInterruption"),
            default.budgets_on_interruption,
        ),
        budgets_on_voluntary=choice(
            BudgetMode,
            "drain.podDisruptionBudgets.onVoluntary",
            budgets.get("onVoluntary"),
            default.budgets_on_voluntary,
        ),
        protected_on_interruption=choice(
            ProtectedMode,
            "drain.doNotDisrupt.onInterruption",
            protected.get("onInterruption"),
            default.protected_on_interruption,
        ),
        protected_on_voluntary=ProtectedMode.NEVER if respected else ProtectedMode.IGNORE,
        protected_annotations=tuple(protected.get("annotations", default.protected_annotations)),
        skip_pods=selector_from(spec.get("skipPods")) or None,
        daemon_sets=choice(
            DaemonSetMode, "drain.daemonSets", spec.get("daemonSets"), default.daemon_sets
        ),
        evict_unmanaged_on_voluntary=_evicted(
            spec, "unmanagedPods", default.evict_unmanaged_on_voluntary
        ),
        evict_local_storage_on_voluntary=_evicted(
            spec, "localStorage", default.evict_local_storage_on_voluntary
        ),
        wait_for_volume_detach=bool(
            spec.get("waitForVolumeDetach", default.wait_for_volume_detach)
        ),
        out_of_service=choice(
            OutOfService,
            "drain.outOfServiceTaint",
            spec.get("outOfServiceTaint"),
            default.out_of_service,
        ),
    )


def _evicted(spec: Mapping[str, Any], name: str, default: bool) -> bool:  # noqa: FBT001 - a default
    path = f"drain.{name}.onVoluntary"
    return yes(path, (spec.get(name) or {}).get("onVoluntary"), _EVICT_OR_NOT, default)


def _band(entry: Mapping[str, Any]) -> Band:
    after = seconds("drain.bands.startAfter", entry["startAfter"], 0.0)
    return Band(int(entry["minPriority"]), after)
