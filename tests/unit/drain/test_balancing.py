"""The pods behind a load balancer that sends to instances."""

from __future__ import annotations

from controller.domain.service import ServiceFacts
from controller.drain.balancing import balanced
from tests.builders import pod


def test_the_pods_that_any_service_of_their_namespace_sends_to_are_found() -> None:
    services = [
        ServiceFacts("shop", "u1", {"app": "web"}, through_nodes=True),
        ServiceFacts("shop", "u2", {"app": "api"}, through_nodes=False),
        ServiceFacts("shop", "u3", {"tier": "front"}, through_nodes=True),
        ServiceFacts("test", "u4", {"app": "db"}, through_nodes=True),
    ]
    pods = [
        pod("web"),
        pod("api"),
        pod("db"),
        pod("cart", labels={"tier": "front"}),
        pod("lone", namespace="elsewhere"),
    ]
    assert balanced(pods, services) == {"uid-web", "uid-cart"}
    assert balanced(pods, []) == frozenset()
