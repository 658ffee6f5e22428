"""Whatever happens to a drain, its status passes the schema of the NodeInterruption.

The API server refuses a status as a whole for one text that is too long, and would drop a field
that the schema does not know.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.interruption import Phase
from controller.domain.times import parse_rfc3339
from controller.domain.verdict import Verdict
from controller.drain.history import attempted, foreseen, passage_of
from controller.drain.planner import plan
from controller.drain.progress import Progress
from controller.drain.report import status_of
from controller.drain.turns import Leave, Stand
from tests.builders import interruption, rebalance_notice, spot_notice
from tests.strategies import attempts, moments, situations
from tests.worst_case import full_status

if TYPE_CHECKING:
    from collections.abc import Iterator


CRD = Path(__file__).resolve().parents[3] / "crds" / "nodeinterruptions.yaml"
(_VERSION,) = yaml.safe_load(CRD.read_text())["spec"]["versions"]
STATUS: dict[str, Any] = _VERSION["schema"]["openAPIV3Schema"]["properties"]["status"]

TYPES: dict[str, type[Any]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
}
INT32 = 2**31


def violations(value: Any, schema: dict[str, Any], path: str = "status") -> Iterator[str]:
    """Tell what a structural schema would refuse or drop."""
    if type(value) is not TYPES[schema["type"]]:
        yield f"{path} is {value!r}, no {schema['type']}"
    elif isinstance(value, str):
        yield from text_violations(value, schema, path)
    elif isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            yield f"{path} has {len(value)} items"
        for number, item in enumerate(value):
            yield from violations(item, schema["items"], f"{path}[{number}]")
    elif isinstance(value, dict):
        fields = schema["properties"]
        yield from (f"{path}.{k} is missing" for k in schema.get("required", ()) if k not in value)
        yield from (f"{path}.{k} is unknown" for k in value if k not in fields)
        for key in value.keys() & fields.keys():
            yield from violations(value[key], fields[key], f"{path}.{key}")
    elif schema.get("format") == "int32" and not -INT32 <= value < INT32:
        yield f"{path} is {value}, beyond 32 bits"


def text_violations(text: str, schema: dict[str, Any], path: str) -> Iterator[str]:
    """Tell what a schema would refuse about a text."""
    if text not in schema.get("enum", [text]):
        yield f"{path} is {text!r}, none of {schema['enum']}"
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", len(text))
    if not shortest <= len(text) <= longest:
        yield f"{path} has {len(text)} characters"
    if schema.get("format") == "date-time" and parse_rfc3339(text) is None:
        yield f"{path} is {text!r}, no time"


def written(progress: Progress, now: float) -> dict[str, Any]:
    """Write the status; a null in a merge patch is an absence."""
    return {k: v for k, v in status_of(progress, now).items() if v is not None}


@st.composite
def progresses(draw: st.DrawFn) -> Progress:
    """Draw a drain at any point of its life, also at points that should not come."""
    given_pods = draw(situations() | situations(voluntary=True))
    passages = {p.uid: passage_of(p) for p in given_pods.pods}
    for uid, passage in passages.items():
        if draw(st.booleans()):
            passages[uid] = attempted(passage, draw(attempts()))
    drain = draw(st.none() | moments.map(lambda now: plan(given_pods, now)))
    for entry in drain.entries if drain else ():
        passages[entry.pod.uid] = foreseen(passages[entry.pod.uid], entry)
    notice = draw(st.sampled_from([spot_notice(), rebalance_notice()]))
    return Progress(
        interruption(notice, started_at=draw(st.none() | moments)),
        draw(st.sampled_from(Phase)),
        policy="(built-in)",
        pool="unknown/unknown",
        passages=passages,
        plan=drain,
        fenced=draw(st.sampled_from([None, Verdict("Fenced", "closed"), Verdict("Failed", "403")])),
        admitted=draw(
            st.none() | st.builds(Leave, st.sampled_from(Stand), st.just(Verdict("Budget", "1/1")))
        ),
        volumes=draw(st.none() | st.lists(st.text(max_size=50)).map(tuple)),
        outcome=draw(st.sampled_from(["", "Drained", "DeadlineMissed", "NodeGone"])),
        note=draw(st.text(max_size=2000)),
        finished_at=draw(st.none() | moments),
    )


@given(progresses(), moments)
def test_every_status_passes_the_schema(progress: Progress, now: float) -> None:
    assert list(violations(written(progress, now), STATUS)) == []


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.FINISHED])
def test_the_longest_names_and_a_full_node_pass_the_schema(phase: Phase) -> None:
    """Names of 253 characters in namespaces of 63, 250 pods, an endless refusal."""
    status = full_status(phase, Verdict("Refused", "no " * 1000))
    told = {k: v for k, v in status.items() if v is not None}
    assert list(violations(told, STATUS)) == []


def test_the_check_itself_sees_what_is_wrong() -> None:
    wrong = {
        "phase": "Levitating",
        "progress": "x" * 65,
        "deadline": "soon",
        "colour": "red",
        "pods": {"total": "many", "gone": 2**31},
        "conditions": [{"type": "Fenced", "status": "True", "reason": "", "message": ""}],
        "waiting": [{"pod": "shop/web"}] * 51,
    }
    assert sorted(v.split(" ")[0] for v in violations(wrong, STATUS)) == [
        "status.colour",
        "status.conditions[0].lastTransitionTime",
        "status.conditions[0].reason",
        "status.deadline",
        "status.phase",
        "status.pods.gone",
        "status.pods.total",
        "status.progress",
        "status.waiting",
    ]
