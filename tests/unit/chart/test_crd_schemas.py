"""What holds for every field of both CRDs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

Field = tuple[str, dict[str, Any]]


@pytest.fixture(params=["policy_schema", "interruption_schema"])
def fields(request: pytest.FixtureRequest) -> list[Field]:
    """Every field below the root with its path, except the API server's own."""
    schema: dict[str, Any] = request.getfixturevalue(request.param)
    own = ("apiVersion", "kind", "metadata")
    return [(path, field) for path, field in _fields("", schema) if path not in own]


def _fields(path: str, schema: dict[str, Any]) -> Iterator[Field]:
    for name, field in schema.get("properties", {}).items():
        below = f"{path}.{name}".lstrip(".")
        yield below, field
        yield from _fields(below, field)
    if "items" in schema:
        yield f"{path}[]", schema["items"]
        yield from _fields(f"{path}[]", schema["items"])


def test_every_field_explains_itself_in_a_sentence(fields: list[Field]) -> None:
    silent = [path for path, field in fields if not field.get("description", "").endswith(".")]
    assert silent == []


def test_every_list_and_every_free_text_is_bounded(fields: list[Field]) -> None:
    """Without bounds the API server takes CEL rules for too costly, and etcd objects could grow."""
    unbounded = [
        path
        for path, field in fields
        if (field.get("type") == "array" and "maxItems" not in field)
        or (field.get("type") == "string" and not field.keys() & {"maxLength", "enum", "format"})
    ]
    assert unbounded == []


def test_no_field_lets_unknown_fields_pass(fields: list[Field]) -> None:
    lax = [path for path, field in fields if "x-kubernetes-preserve-unknown-fields" in field]
    assert lax == []


def test_every_rule_says_what_to_do(fields: list[Field]) -> None:
    rules = [(path, rule) for path, f in fields for rule in f.get("x-kubernetes-validations", ())]
    mute = [path for path, rule in rules if not rule.keys() & {"message", "messageExpression"}]
    assert rules
    assert mute == []


def test_conditions_are_merged_by_type(fields: list[Field]) -> None:
    conditions = dict(fields)["status.conditions"]
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
