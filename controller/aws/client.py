"""The boto3 clients, with time limits that suit what they are for."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import botocore.session
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from controller.aws.credentials import Renewed, resolver_of
from controller.aws.errors import explain
from controller.domain.message import QueueError

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_sqs import SQSClient

    from controller.aws.queue_url import QueueUrl

WAIT_SECONDS = 20
"""How long SQS keeps an empty receive open: the longest it offers, and the cheapest."""

CONNECT_TIMEOUT, READ_TIMEOUT = 5, WAIT_SECONDS + 7
"""Seconds. A receive that is silent for longer than SQS would keep it open has lost its line."""

SCALING_CONNECT_TIMEOUT, SCALING_READ_TIMEOUT = 3, 5
"""Seconds. Auto Scaling answers within one; a hook's own time-out is at least 30."""

SCALING_ATTEMPTS = 4
"""Calls in all: the first, and after throttling, time-outs and HTTP 5xx three more.

botocore's mode `standard` waits in between for a random part of 1, 2 and 4 seconds.
https://docs.aws.amazon.com/boto3/latest/guide/retries.html
"""


def connect(queue: QueueUrl, *, connections: int) -> SQSClient:
    """Make the client, without a call; QueueError if no region is known or AWS_* is unreadable.

    The region in the URL counts first: a queue refuses what was signed for another one. Then
    AWS_REGION, which EKS sets and every AWS SDK but boto3 reads; then boto3's own sources.
    """
    try:
        region = queue.region or os.environ.get("AWS_REGION") or Session().region_name
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
        credentials = Renewed(region)
        client = _session(credentials).client(
            "sqs", region_name=region, endpoint_url=queue.endpoint, config=config
        )
    except BotoCoreError as error:
        raise explain(error, "CreateClient", queue) from None
    credentials.watch(client)
    return client


def connect_scaling(region: str) -> AutoScalingClient:
    """Make a client of Auto Scaling in a region, without a call; botocore's errors pass through.

    AWS_ENDPOINT_URL_AUTO_SCALING leads it elsewhere, such as to a VPC endpoint.
    """
    config = Config(
        connect_timeout=SCALING_CONNECT_TIMEOUT,
        read_timeout=SCALING_READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": SCALING_ATTEMPTS},
    )
    credentials = Renewed(region)
    client = _session(credentials).client("autoscaling", region_name=region, config=config)
    credentials.watch(client)
    return client


def _session(credentials: Renewed) -> Session:
    """Begin a session that keeps quiet: at level DEBUG boto3 logs bodies, receipts and tokens."""
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its warnings are stack traces of what every call then raises, and we tell in a sentence.
    logging.getLogger("botocore.credentials").setLevel(logging.ERROR)
    session = botocore.session.Session()
    session.register_component("credential_provider", resolver_of(credentials))
    return Session(botocore_session=session)
