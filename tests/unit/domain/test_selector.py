"""Label selectors select what apimachinery's do."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.selector import Requirement, Selector, selector_from

WEB: dict[str, Any] = {"matchLabels": {"app": "web"}}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("spec", "labels", "selected"),
    [
        ({}, {}, True),
        ({}, {"app": "web"}, True),
        (WEB, {"app": "web", "tier": "front"}, True),
        (WEB, {"app": "api"}, False),
        (WEB, {}, False),
        ({"matchLabels": {"app": "web", "tier": "front"}}, {"app": "web"}, False),
        (expression("app", "In", "web", "api"), {"app": "api"}, True),
        (expression("app", "In", "web"), {}, False),
        (expression("app", "NotIn", "web"), {"app": "web"}, False),
        (expression("app", "NotIn", "web"), {"app": "api"}, True),
        (expression("app", "NotIn", "web"), {}, True),
        (expression("app", "Exists"), {"app": ""}, True),
        (expression("app", "Exists"), {}, False),
        (expression("app", "DoesNotExist"), {}, True),
        (expression("app", "DoesNotExist"), {"app": "web"}, False),
        (expression("app", "Near", "web"), {"app": "web"}, False),
        (WEB | expression("tier", "Exists"), {"app": "web"}, False),
    ],
)
def test_selects(spec: dict[str, Any], labels: dict[str, str], selected: bool) -> None:
    selector = selector_from(spec)
    assert selector is not None
    assert selector.matches(labels) is selected


@pytest.mark.parametrize("spec", [None, "app=web", ["app"]])
def test_an_absent_selector_selects_nothing(spec: object) -> None:
    assert selector_from(spec) is None


def test_null_parts_count_as_absent() -> None:
    spec = {"matchLabels": None, "matchExpressions": [{"key": "a", "operator": "Exists"}]}
    assert selector_from(spec) == Selector((Requirement("a", "Exists"),))


def test_only_a_selector_with_requirements_is_true() -> None:
    assert not selector_from({})
    assert selector_from(WEB)
