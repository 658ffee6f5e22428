"""One boto3 client for one queue, with time limits that suit a long poll."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from controller.aws.errors import explain
from controller.domain.message import QueueError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from controller.aws.queue_url import QueueUrl

WAIT_SECONDS = 20
"""How long SQS keeps an empty receive open: the longest it offers, and the cheapest."""

CONNECT_TIMEOUT, READ_TIMEOUT = 5, WAIT_SECONDS + 7
"""Seconds. A receive that is silent for longer than SQS would keep it open has lost its line."""


def connect(queue: QueueUrl, *, connections: int) -> SQSClient:
    """Make the client, without a call; QueueError if no region is known or AWS_* is unreadable.

    The region in the URL counts first: a queue refuses what was signed for another one. Then
    AWS_REGION, which EKS sets and every AWS SDK but boto3 reads; then boto3's own sources.
    """
    # At level DEBUG boto3 logs bodies, receipt handles and session tokens.
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        session = Session()
        region = queue.region or os.environ.get("AWS_REGION") or session.region_name
        if not region:
            message = "The queue URL names no AWS region: set AWS_REGION to the queue's region."
            raise QueueError(message, "NoRegion")
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": 1},
            tcp_keepalive=True,
            max_pool_connections=connections,
        )
        return session.client("sqs", region_name=region, endpoint_url=queue.endpoint, config=config)
    except BotoCoreError as error:
        raise explain(error, "CreateClient", queue) from None
