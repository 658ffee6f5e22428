"""Which calls of the audit log count as a pod that was asked to go."""

from __future__ import annotations

from typing import Any

import pytest

from bench.trail import Call
from e2e.kind.faults.audit import USER, accepted

EVICTION = Call(USER, "", "create", "pods/eviction", "shop/web-1", 201, 100.0, 100.5)


def test_evictions_and_deletions_that_were_accepted_count_when_they_arrived() -> None:
    again = EVICTION._replace(arrived=104.0)
    deleted = Call(USER, "", "delete", "pods", "shop/web-2", 200, 103.0, 103.5)
    assert accepted([EVICTION, deleted, again], "shop") == {
        "web-1": [100.0, 104.0],
        "web-2": [103.0],
    }


@pytest.mark.parametrize(
    "other",
    [
        {"user": "system:serviceaccount:kube-system:replicaset-controller"},
        {"verb": "patch", "resource": "pods/status"},
        {"key": "shop-2/web-1"},
        {"code": 429},
    ],
    ids=["another's", "another call", "another namespace", "refused"],
)
def test_nothing_else_counts(other: dict[str, Any]) -> None:
    assert accepted([EVICTION._replace(**other)], "shop") == {}
