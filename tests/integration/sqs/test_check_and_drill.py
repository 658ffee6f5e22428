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


async def test_a_careful_queue_gets_no_warning(
    make_queue_url: Callable[..., str], sqs: SQSClient
) -> None:
    dead = sqs.get_queue_attributes(QueueUrl=make_queue_url("-dlq"), AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": dead["Attributes"]["QueueArn"], "maxReceiveCount": 5}
    queue = SqsQueue(make_queue_url(RedrivePolicy=json.dumps(redrive)))
    assert await queue.check() == []
    queue.close()


async def test_a_queue_without_a_dead_letter_queue_gets_a_sentence(
    make_queue_url: Callable[..., str],
) -> None:
    queue = SqsQueue(make_queue_url())
    (warning,) = await queue.check()
    assert "has no dead-letter queue" in warning
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
