"""SpotPolicy's schema and the code that reads it mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.durations import parse_duration
from controller.domain.policy import BUILT_IN, Action, BudgetMode, Policy, ProtectedMode
from controller.domain.policy_reading import EVENTS, policy_from
from controller.domain.provisioner import KarpenterNodes

if TYPE_CHECKING:
    from collections.abc import Iterator

Leaf = tuple[tuple[str, ...], dict[str, Any]]


def _defaulted(schema: dict[str, Any]) -> Any:
    """Fill in defaults as the API server does: an object's first, then its fields' own."""
    value = schema["default"]
    if "properties" not in schema:
        return value
    below = {k: _defaulted(f) for k, f in schema["properties"].items() if "default" in f}
    return {**value, **below}


def _leaves(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    for name, field in schema["properties"].items():
        if "properties" in field:
            yield from _leaves(field, (*path, name))
        else:
            yield (*path, name), field


def _other(name: str, leaf: dict[str, Any]) -> Any:
    """Choose a value for a field that is not its default."""
    default: Any = leaf.get("default")
    match leaf.get("type"):
        case None:
            return 7
        case "boolean":
            return not default
        case "integer":
            return default + 1
        case "object":
            return {"team": "batch"}
        case "array" if name == "matchExpressions":
            return [{"key": "team", "operator": "Exists"}]
        case "array" if name == "bands":
            return [{"minPriority": 0, "startAfter": "7s"}]
        case "array" if name == "schedules":
            return [{"cron": "0 22 * * *", "duration": "7h"}]
        case "array":
            return ["example.com/keep"]
        case _ if "enum" in leaf:
            return next(value for value in leaf["enum"] if value != default)
        case _:
            return "example.com/key" if parse_duration(default) is None else "7s"


def _read(spec: dict[str, Any]) -> Policy:
    return policy_from({"metadata": {"name": BUILT_IN}, "spec": spec})


def _enum(schema: dict[str, Any], path: str) -> list[str]:
    for name in path.split("."):
        schema = schema["properties"][name]
    values: list[str] = schema["enum"]
    return values


def test_an_empty_policy_with_the_schemas_defaults_is_the_built_in_one(
    policy_schema: dict[str, Any],
) -> None:
    spec = _defaulted(policy_schema["properties"]["spec"])
    assert spec["drain"]["reserve"] == "8s"
    assert _read(spec) == Policy()


def test_every_field_has_an_effect(policy_schema: dict[str, Any]) -> None:
    """A field that nobody reads would be a promise that is not kept."""
    leaves = dict(_leaves(policy_schema["properties"]["spec"]))
    idle = []
    for path, leaf in leaves.items():
        spec: Any = _other(path[-1], leaf)
        for name in reversed(path):
            spec = {name: spec}
        if _read(spec) == Policy():
            idle.append(".".join(path))
    assert len(leaves) == 41
    assert idle == []


def test_the_schema_offers_the_choices_that_the_code_knows(policy_schema: dict[str, Any]) -> None:
    spec = policy_schema["properties"]["spec"]
    for event in EVENTS:
        assert _enum(spec, f"events.{event}.action") == list(Action)
    assert _enum(spec, "karpenterNodes") == list(KarpenterNodes)
    budgets, protected = "drain.podDisruptionBudgets", "drain.doNotDisrupt"
    assert _enum(spec, f"{budgets}.onInterruption") == list(BudgetMode)
    assert _enum(spec, f"{protected}.onInterruption") == list(ProtectedMode)


def test_a_voluntary_drain_is_offered_no_override_at_a_last_safe_moment(
    policy_schema: dict[str, Any],
) -> None:
    """Without a deadline there is no last safe moment, so the choice would mean nothing."""
    voluntary = _enum(policy_schema["properties"]["spec"], "drain.podDisruptionBudgets.onVoluntary")
    assert voluntary == [m for m in BudgetMode if m is not BudgetMode.UNTIL_LAST_SAFE]


def test_every_choice_of_the_schema_is_read_without_complaint(
    policy_schema: dict[str, Any],
) -> None:
    choices = [(p, f) for p, f in _leaves(policy_schema["properties"]["spec"]) if "enum" in f]
    for path, field in choices:
        for value in field["enum"]:
            spec: Any = value
            for name in reversed(path):
                spec = {name: spec}
            assert isinstance(_read(spec), Policy)
    assert len(choices) == 18
