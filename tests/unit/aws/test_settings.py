"""What is unwise in a queue's settings is said."""

from __future__ import annotations

import json

import pytest

from controller.aws.queue_url import parse_queue_url
from controller.aws.settings import REASONS, waiting, warnings

PATH = "123456789012/spotdrain"
QUEUE = parse_queue_url(f"https://sqs.us-east-1.amazonaws.com/{PATH}")
DEAD = "arn:aws:sqs:us-east-1:123456789012:spotdrain-dlq"


def policy(service: str = "events.amazonaws.com", action: str = "sqs:SendMessage") -> str:
    said = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [said]})


GOOD = {
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": "5"}),
    "MessageRetentionPeriod": "600",
    "SqsManagedSseEnabled": "true",
    "DelaySeconds": "0",
    "Policy": policy(),
    "ApproximateNumberOfMessages": "12",
}
"""As SQS answers for the queue of deploy/."""


def test_the_queue_that_deploy_makes_gets_no_warning() -> None:
    assert list(warnings(QUEUE, GOOD)) == []


@pytest.mark.parametrize(
    ("changed", "reason", "words"),
    [
        ({"RedrivePolicy": ""}, "NoDeadLetterQueue", "has no dead-letter queue"),
        ({"RedrivePolicy": "{not JSON"}, "NoDeadLetterQueue", "has no dead-letter queue"),
        (
            {"RedrivePolicy": '{"maxReceiveCount": 1}'},
            "FewReceives",
            "gives a message up after 1 receives",
        ),
        ({"MessageRetentionPeriod": "60"}, "ShortRetention", "drops messages after 60 s"),
        ({"MessageRetentionPeriod": "345600"}, "LongRetention", "keeps messages for 345600 s"),
        ({"KmsMasterKeyId": "alias/aws/sqs"}, "AwsManagedKey", "EventBridge cannot use"),
        (
            {"KmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:alias/aws/sqs"},
            "AwsManagedKey",
            "EventBridge cannot use",
        ),
        ({"SqsManagedSseEnabled": "false"}, "NotEncrypted", "not encrypted at rest"),
        ({"Policy": ""}, "NobodyMaySend", "lets neither events.amazonaws.com nor"),
        ({"DelaySeconds": "15"}, "Delayed", "keeps each message back for 15 s"),
        ({"ApproximateNumberOfMessages": "4000"}, "ManyWaiting", "About 4000 messages wait"),
    ],
)
def test_each_fault_gets_one_sentence(changed: dict[str, str], reason: str, words: str) -> None:
    (found,) = warnings(QUEUE, {**GOOD, **changed})
    assert found.reason == reason
    assert words in found.message
    assert "queue spotdrain in us-east-1" in found.message
    assert found.reason in REASONS


def test_a_key_of_ones_own_is_no_fault() -> None:
    key = {"KmsMasterKeyId": "alias/spotdrain", "SqsManagedSseEnabled": "false"}
    assert list(warnings(QUEUE, {**GOOD, **key})) == []


def test_what_was_not_answered_is_not_judged() -> None:
    known = {name: GOOD[name] for name in ("RedrivePolicy", "Policy")}
    assert list(warnings(QUEUE, known)) == []
    assert waiting({}) == (0, 0, 0)


def test_a_url_that_sends_in_the_clear_is_warned_about() -> None:
    queue = parse_queue_url(f"http://sqs.spot.svc:9324/{PATH}")
    (found,) = warnings(queue, GOOD)
    assert found.reason == "PlainHttp"
    assert found.message == (
        "The URL of queue spotdrain is http: what is sent can be read on its way, a session token"
        " included. Use https."
    )
