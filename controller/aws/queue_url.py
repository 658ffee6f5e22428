"""The address of a queue: read strictly, since everything AWS says later depends on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from controller.domain.message import QueueError

if TYPE_CHECKING:
    from collections.abc import Sequence

INVALID = "InvalidQueueUrl"

_PATH = re.compile(r"(?:/[A-Za-z0-9_-]+)*/(?P<name>[A-Za-z0-9_-]{1,80}(?:\.fifo)?)")
_REGION = re.compile(r"(?:^|\.)([a-z]{2}(?:-[a-z]+)+-\d)\.")
# Hosts for which boto3 knows the endpoint itself, with FIPS and AWS_ENDPOINT_URL as configured.
_AWS_HOST = re.compile(r"sqs\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws)")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_EXPECTED = "expected one such as https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain"


@dataclass(frozen=True, slots=True)
class QueueUrl:
    """A queue URL and what it tells: the queue's name, and the region where the host names one.

    `endpoint` is where to send requests if the host is not AWS's own: a VPC endpoint or a local
    SQS. None leaves the choice to boto3.
    """

    url: str
    name: str
    region: str
    endpoint: str | None
    plain: bool

    def __str__(self) -> str:
        """Name the queue in a sentence."""
        return f"queue {self.name} in {self.region}" if self.region else f"queue {self.name}"


def names(queues: Sequence[QueueUrl]) -> list[str]:
    """Give each queue a name for metrics: its own, and what tells it from one of the same name."""
    own = [queue.name for queue in queues]
    return [
        queue.name if own.count(queue.name) == 1 else queue.url.partition("//")[2]
        for queue in queues
    ]


def parse_queue_url(text: str) -> QueueUrl:
    """Read a queue URL; raises QueueError with a sentence for what is none, and for FIFO queues.

    The text is never repeated in the sentence: what was pasted by mistake may be a secret.
    """
    if text.startswith("arn:"):
        raise QueueError(f"The queue URL is an ARN; {_EXPECTED}.", INVALID)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise QueueError(f"The queue URL is no URL; {_EXPECTED}.", INVALID) from None
    host = parts.hostname or ""
    path = _PATH.fullmatch(parts.path)
    if parts.scheme not in {"http", "https"} or not host or path is None:
        raise QueueError(f"The queue URL is not that of an SQS queue; {_EXPECTED}.", INVALID)
    if parts.username is not None or parts.query or parts.fragment:
        raise QueueError(f"The queue URL has more than host and path; {_EXPECTED}.", INVALID)
    name = path["name"]
    if name.endswith(".fifo"):
        raise QueueError(
            f"{name} is a FIFO queue: one message in work would hold back all that follow, and"
            " order means nothing here. Create a standard queue.",
            "FifoQueue",
        )
    known = _AWS_HOST.fullmatch(host) and port is None
    region = _REGION.search(host)
    return QueueUrl(
        url=text,
        name=name,
        region=region[1] if region else "",
        endpoint=None if known else f"{parts.scheme}://{parts.netloc}",
        plain=parts.scheme == "http" and host not in _LOOPBACK,
    )
