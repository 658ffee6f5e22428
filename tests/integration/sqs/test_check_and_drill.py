"""The start-up check of a queue's settings, and a drill sent through a queue."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING

from controller.aws.queue import SqsQueue
from controller.domain.notice import Notice
from controller.notices import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient


ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
        }
    ],
}


async def test_a_careful_queue_gets_no_warning_and_its_messages_are_counted(
    make_queue_url: Callable[..., str], sqs: SQSClient
) -> None:
    dead = sqs.get_queue_attributes(QueueUrl=make_queue_url("-dlq"), AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": dead["Attributes"]["QueueArn"], "maxReceiveCount": 5}
    url = make_queue_url(
        RedrivePolicy=json.dumps(redrive),
        Policy=json.dumps(ALLOWED),
        MessageRetentionPeriod="600",
        SqsManagedSseEnabled="true",
    )
    queue = SqsQueue(url)
    for _ in range(3):
        await queue.send("waits")
    found = await queue.check()
    assert found.warnings == []
    assert found.waiting == (3, 0, 0)
    queue.close()


async def test_a_queue_as_it_comes_gets_a_sentence_for_each_fault(
    make_queue_url: Callable[..., str],
) -> None:
    """What `aws sqs create-queue` makes: nobody may send, and nothing is ever dropped."""
    queue = SqsQueue(make_queue_url(KmsMasterKeyId="alias/aws/sqs", DelaySeconds="5"))
    found = await queue.check()
    assert [warning.reason for warning in found.warnings] == [
        "NoDeadLetterQueue",
        "LongRetention",
        "AwsManagedKey",
        "NobodyMaySend",
        "Delayed",
    ]
    queue.close()


async def test_a_drill_typed_at_a_prompt_arrives_as_a_simulated_notice(queue: SqsQueue) -> None:
    instance = "i-0123456789abcdef0"
    argv = ["drill", instance, "--kind", "spot", "--age", "60", "--queue-url", queue.url.url]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "controller", *argv, stdout=subprocess.PIPE
    )
    printed, _ = await command.communicate()
    assert command.returncode == 0
    (message,) = await queue.receive()
    outcome = read(message.body, message.sent_at)
    assert isinstance(outcome, list)
    (notice,) = outcome
    assert isinstance(notice, Notice)
    assert (notice.instance_id, notice.source) == (instance, "simulated")
    assert notice.id in printed.decode()
    assert f"kubectl get ni {instance} --watch" in printed.decode()
