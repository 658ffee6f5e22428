"""Kubernetes label selectors over plain dicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Requirement:
    """One `matchExpressions` entry; `operator` is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels meet this requirement, as apimachinery's labels.Selector does."""
        match self.operator:
            case "In":
                return self.key in labels and labels[self.key] in self.values
            case "NotIn":
                return self.key not in labels or labels[self.key] not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed label selector; without requirements it selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether all requirements hold."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)


def selector_from(spec: object) -> Selector | None:
    """Read a LabelSelector; None stands for "selects nothing".

    In policy/v1 an absent selector selects no pod and `{}` selects every pod of the namespace:
    https://kubernetes.io/docs/tasks/run-application/configure-pdb/
    """
    if not isinstance(spec, dict):
        return None
    exact = [Requirement(k, "In", (v,)) for k, v in sorted((spec.get("matchLabels") or {}).items())]
    return Selector((*exact, *map(_requirement, spec.get("matchExpressions") or ())))


def _requirement(entry: dict[str, Any]) -> Requirement:
    return Requirement(
        str(entry.get("key", "")), str(entry.get("operator", "")), tuple(entry.get("values") or ())
    )
