"""PriorityClasses for as long as a test needs them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster


@contextmanager
def priority_classes_of(cluster: LocalCluster, values: Mapping[str, int]) -> Iterator[None]:
    """Have classes with these names and values for the block."""
    cluster.apply(
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name},
            "value": value,
        }
        for name, value in values.items()
    )
    yield
    cluster.kubectl("delete", "priorityclass", *values)
