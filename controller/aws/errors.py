"""What went wrong with the queue, as a sentence for whoever has to put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from controller.aws.faults import Place, caller, code_of, describe
from controller.domain.message import QueueError

if TYPE_CHECKING:
    from botocore.exceptions import (
        BotoCoreError,
    )

    from controller.aws.queue_url import QueueUrl

_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_INVALID_ADDRESS = {"InvalidAddress", "UnsupportedOperation"}


def explain(error: BotoCoreError | ClientError, operation: str, queue: QueueUrl) -> QueueError:
    """Turn an exception of botocore's into ours; `operation` is the API call, `ReceiveMessage`."""
    place = Place(
        service="SQS",
        prefix="sqs",
        subject=str(queue),
        address=queue.endpoint or f"SQS in {queue.region}",
        advice="fewer calls, or fewer receivers, are needed",
        denial="the queue's own policy does not deny it",
    )
    if isinstance(error, ClientError) and (sentence := _of_queues(error, place)):
        return QueueError(sentence, code_of(error))
    fault = describe(error, operation, place)
    return QueueError(fault.sentence, fault.code)


def _of_queues(error: ClientError, place: Place) -> str:
    """Explain what only a queue answers; empty for what any service may say."""
    code, queue = code_of(error), place.subject
    if code.lower().startswith("kms.access") or code == "KmsAccessDenied":
        return (
            f"AWS refuses the KMS key of {queue}{caller(error)}: allow kms:Decrypt (and"
            " kms:GenerateDataKey to send) on that key."
        )
    if code in _MISSING:
        return f"There is no {queue}: check the queue URL's account, region and name."
    if code in _INVALID_ADDRESS:
        return f"SQS does not accept the URL of {queue}: check its account, region and name."
    return ""
