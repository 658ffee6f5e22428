"""Whoever may send to the queue writes what they like: nothing raises, nothing leaks into labels."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.notice import Ignored, Malformed, Notice
from controller.notices import read
from controller.notices.decoding import MAX_BYTES
from controller.notices.reading import PARSERS
from tests.fuzz.law import check, is_one_safe_sentence

RECEIVED = 1_767_323_048.0
INSTANCE = "i-1234567890abcdef0"

# What makes a random object look like an event often enough to reach every parser.
_KINDS = st.sampled_from([*sorted(PARSERS), ("aws.ec2spotfleet", "\x1b[31mred\nline"), ("x", "y")])
_TIMES = st.sampled_from(
    [
        "2026-01-02T03:04:05Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-13-45T99:99:99Z",
        "Wed, 14 Jan 2026 15:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
    ]
)
_TEXTS = st.text(st.characters(), max_size=30)  # lone surrogates too: JSON can write them
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
_INSTANCES = st.just(INSTANCE) | st.just(f"{INSTANCE}\n") | _JSON
_ENTITIES = st.lists(
    st.fixed_dictionaries(
        {"entityValue": _INSTANCES}, optional={"status": st.just("RESOLVED") | _JSON}
    )
    | _JSON
)
_DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "instance-id": _INSTANCES,
        "instance-action": st.sampled_from(["terminate", "stop", "hibernate"]) | _JSON,
        "instance-termination-time": _TIMES | _JSON,
        "state": st.sampled_from(["stopping", "running", "stop"]) | _JSON,
        "EC2InstanceId": _INSTANCES,
        "AutoScalingGroupName": st.just("asg") | _JSON,
        "LifecycleHookName": st.just("hook") | _JSON,
        "LifecycleActionToken": st.just("t" * 36) | _JSON,
        "Destination": st.just("EC2") | _JSON,
        "LifecycleTransition": st.just("autoscaling:EC2_INSTANCE_TERMINATING") | _JSON,
        "service": st.just("EC2"),
        "eventTypeCategory": st.just("scheduledChange"),
        "eventTypeCode": st.just("AWS_EC2_INSTANCE_STOP_SCHEDULED") | _JSON,
        "eventArn": st.just("arn:aws:health") | _JSON,
        "communicationId": _JSON,
        "statusCode": st.sampled_from(["upcoming", "closed"]) | _JSON,
        "startTime": _TIMES | _JSON,
        "affectedEntities": _ENTITIES | _JSON,
    },
)
_EVENTS = st.builds(
    lambda kind, event, bare: {"source": kind[0], "detail-type": kind[1], **bare, **event},
    _KINDS,
    st.fixed_dictionaries(
        {},
        optional={
            "id": _TEXTS | _JSON,
            "source": _JSON,
            "detail-type": _JSON,
            "time": _TIMES | _JSON,
            "Time": _TIMES | _JSON,
            "resources": _JSON,
            "detail": _DETAILS | _JSON,
            "Event": st.just("autoscaling:TEST_NOTIFICATION") | _JSON,
        },
    ),
    st.just({}) | _DETAILS.map(lambda detail: {"source": "", **detail}),
)
_WRAPPED = st.fixed_dictionaries(
    {"Type": st.sampled_from(["Notification", "x", ""]), "TopicArn": st.just("arn") | _JSON},
    optional={"Message": _EVENTS.map(json.dumps) | _JSON},
)
_BODIES = (_EVENTS | _WRAPPED | _JSON).map(json.dumps) | _TEXTS


@given(_BODIES)
def test_any_body_gives_one_of_the_documented_answers(body: str) -> None:
    check(read(body, RECEIVED), RECEIVED)
    check(read(body, RECEIVED), RECEIVED)


@given(st.binary())
def test_any_bytes_give_one_of_the_documented_answers(body: bytes) -> None:
    check(read(body.decode("utf-8", "surrogateescape"), RECEIVED), RECEIVED)


@given(_BODIES)
def test_the_same_body_delivered_again_says_the_same(body: str) -> None:
    assert read(body, RECEIVED) == read(body, RECEIVED)


def _event(**fields: object) -> str:
    return json.dumps(
        {
            "id": "e-1",
            "source": "aws.ec2",
            "detail-type": "EC2 Spot Instance Interruption Warning",
            "time": "2026-01-02T03:04:05Z",
            "detail": {"instance-id": INSTANCE, "instance-action": "terminate"},
            **fields,
        }
    )


def _notice(body: str) -> Notice:
    outcome = read(body, RECEIVED)
    assert isinstance(outcome, list)
    (notice,) = outcome
    assert isinstance(notice, Notice)
    return notice


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 40_000, "nested too deeply"),
        ('{"a": NaN}', "not JSON"),
        ('{"a": -Infinity}', "not JSON"),
        ('{"a": ' + "9" * 5_000 + "}", "not JSON"),
        ("", "not JSON"),
        ("\ufeff{}", "not JSON"),
        ("\x00", "not JSON"),
        ("null", "not an object"),
        (f'"{"a" * MAX_BYTES}"', "larger than 256 KiB"),
        (f'"{"é" * (MAX_BYTES // 2)}"', "larger than 256 KiB"),
    ],
)
def test_a_body_that_is_a_trap_is_malformed(body: str, words: str) -> None:
    outcome = read(body, RECEIVED)
    assert isinstance(outcome, Malformed)
    assert words in outcome.message


def test_a_clock_that_runs_ahead_promises_no_extra_time() -> None:
    notice = _notice(_event(time="2026-01-02T03:09:00Z"))
    assert (notice.time, notice.deadline) == (RECEIVED, RECEIVED + 120)


def test_an_old_event_keeps_its_old_deadline() -> None:
    notice = _notice(_event(time="2026-01-02T01:00:00Z"))
    assert notice.deadline == notice.time + 120
    assert notice.deadline < RECEIVED


@pytest.mark.parametrize("bad", ["", "a" * 65, "with space", "line\nbreak", "\ud800", 7, None])
def test_an_id_that_kubernetes_could_not_keep_is_replaced_by_a_hash(bad: object) -> None:
    body = _event(id=bad)
    assert _notice(body).id.startswith("sha256-")
    assert _notice(body).id == _notice(body).id
    assert _notice(body).id != _notice(_event(id=bad, account="1")).id


def test_the_last_of_duplicate_keys_counts() -> None:
    body = _event()[:-1] + ', "id": "e-2"}'
    assert _notice(body).id == "e-2"


def test_a_lone_surrogate_in_a_field_that_is_not_read_does_no_harm() -> None:
    assert _notice(_event(region="\udfff")).instance_id == INSTANCE


@pytest.mark.parametrize("bad", [f"{INSTANCE}\n", INSTANCE.upper(), "i-123", "i-", 5, ["i-1"]])
def test_an_instance_id_is_taken_exactly_or_not_at_all(bad: object) -> None:
    outcome = read(_event(detail={"instance-id": bad}), RECEIVED)
    assert isinstance(outcome, Malformed)
    assert "names no instance" in outcome.message


def test_a_foreign_text_in_a_sentence_is_one_short_line_without_escapes() -> None:
    outcome = read(_event(**{"detail-type": "\x1b[31m\n" + "A" * 500}), RECEIVED)
    assert isinstance(outcome, list)
    (ignored,) = outcome
    assert isinstance(ignored, Ignored)
    assert ignored.kind == "ec2"
    is_one_safe_sentence(ignored.message)
