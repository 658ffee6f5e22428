"""Which taints a pod puts up with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.node import Taint


@dataclass(frozen=True, slots=True)
class Toleration:
    """One entry of a pod's `spec.tolerations`; an empty key or effect stands for all of them."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""

    def covers(self, taint: Taint) -> bool:
        """Tell whether it lets a pod run beside the taint, as core/v1 ToleratesTaint decides it."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        return self.operator == "Exists" or self.value == taint.value


def toleration_from(entry: Mapping[str, Any]) -> Toleration:
    """Read an entry; an absent operator is Equal.

    https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
    """
    return _toleration(
        entry.get("key") or "",
        entry.get("operator") or "Equal",
        entry.get("value") or "",
        entry.get("effect") or "",
    )


@lru_cache(1000)
def _toleration(key: str, operator: str, value: str, effect: str) -> Toleration:
    """Make one of each kind: nearly every pod has the same two."""
    return Toleration(key, operator, value, effect)
