"""A queue's policy is read for who may send, however it is written."""

from __future__ import annotations

import json

import pytest

from controller.aws.senders import may_send

EVENTS = {"Service": "events.amazonaws.com"}


def policy(principal: object, action: object = "sqs:SendMessage", effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "text",
    [
        policy(EVENTS),
        policy({"Service": ["sqs.amazonaws.com", "events.amazonaws.com"]}),
        policy({"Service": "sns.amazonaws.com"}),
        policy("*"),
        policy({"AWS": "*"}, ["sqs:ReceiveMessage", "SQS:SendMessage"]),
        policy(EVENTS, "sqs:*"),
        policy(EVENTS, "*"),
        json.dumps({"Statement": {"Effect": "Allow", "Principal": EVENTS, "Action": "sqs:Send*"}}),
    ],
)
def test_who_is_let_in_may_send(text: str) -> None:
    assert may_send(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"Statement": "none"}',
        policy(EVENTS, effect="Deny"),
        policy(EVENTS, "sqs:ReceiveMessage"),
        policy(EVENTS, 7),
        policy({"Service": "s3.amazonaws.com"}),
        policy({"AWS": "arn:aws:iam::123456789012:root"}),
        policy(None),
    ],
)
def test_nobody_else_does(text: str) -> None:
    assert not may_send(text)
