"""NodeInterruption's schema and the code that writes and reads it mean the same."""

from __future__ import annotations

from typing import Any

from controller.domain.interruption import DEFAULT_TTL, Phase
from controller.domain.interruption_object import manifest
from controller.domain.node import INSTANCE_ID
from controller.domain.notice import Kind, LifecycleHook, Notice

NOTICE = Notice(
    id="5f0e",
    kind=Kind.SPOT_INTERRUPTION,
    instance_id="i-0123456789abcdef0",
    time=1000.0,
    deadline=1120.0,
    action="terminate",
    source="sqs",
    subject="arn",
    withdrawn=True,
    hook=LifecycleHook("group", "hook", "token", "AutoScalingGroup", "EC2"),
)


def test_phases_and_kinds_are_those_of_the_code(interruption_schema: dict[str, Any]) -> None:
    spec, status = (interruption_schema["properties"][name] for name in ("spec", "status"))
    notice = spec["properties"]["notices"]["items"]
    assert status["properties"]["phase"]["enum"] == list(Phase)
    assert status["properties"]["kind"]["enum"] == list(Kind)
    assert notice["properties"]["kind"]["enum"] == list(Kind)


def test_the_default_lifetime_is_that_of_the_code(interruption_schema: dict[str, Any]) -> None:
    ttl = interruption_schema["properties"]["spec"]["properties"]["ttlSecondsAfterFinished"]
    assert ttl["default"] == DEFAULT_TTL


def test_an_instance_id_is_what_the_code_takes_for_one(interruption_schema: dict[str, Any]) -> None:
    field = interruption_schema["properties"]["spec"]["properties"]["instanceID"]
    assert field["x-kubernetes-validations"][0]["rule"] == f"self.matches('{INSTANCE_ID.pattern}')"


def test_the_schema_has_every_field_that_a_new_interruption_is_written_with(
    interruption_schema: dict[str, Any],
) -> None:
    spec = interruption_schema["properties"]["spec"]
    written = manifest(NOTICE, "node", "uid")["spec"]
    notice = spec["properties"]["notices"]["items"]
    assert set(written) == set(spec["properties"]) - {"ttlSecondsAfterFinished"}
    assert set(written["notices"][0]) == set(notice["properties"])
    hook = notice["properties"]["lifecycleHook"]["properties"]
    assert set(written["notices"][0]["lifecycleHook"]) == set(hook)
