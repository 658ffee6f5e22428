"""What SQS answers to what it does not do, in its own codes and words."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an answer of the service, not a fault of ours
    """An error that SQS answers: HTTP status, AWS's code, AWS's words.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    @property
    def query_code(self) -> str:
        """The code of the older protocol: SQS sends it in a header, and botocore shows it."""
        return _QUERY_CODES.get(self.code, self.code)


_PREFIX = "AWS.SimpleQueueService."
_QUERY_CODES = {
    "QueueDoesNotExist": f"{_PREFIX}NonExistentQueue",
    **{
        code: f"{_PREFIX}{code}"
        for code in (
            "BatchEntryIdsNotDistinct",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "MessageNotInflight",
            "TooManyEntriesInBatchRequest",
            "UnsupportedOperation",
        )
    },
}


def missing_queue() -> Refusal:
    """Say that there is no such queue."""
    return Refusal("QueueDoesNotExist", "The specified queue does not exist.")


def bad_receipt() -> Refusal:
    """Say that this queue has never given out such a receipt handle."""
    return Refusal("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")


def bad_value(name: str, value: object, reason: str) -> Refusal:
    """Say that a parameter is not what SQS takes."""
    words = f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    return Refusal("InvalidParameterValue", words)


def too_long_hidden(seconds: float, most: int) -> Refusal:
    """Say that a message would be hidden for longer than SQS allows in all."""
    reason = f"Total VisibilityTimeout for the message is beyond the limit [{most} seconds]"
    return bad_value("VisibilityTimeout", seconds, reason)


def missing(name: str) -> Refusal:
    """Say that a parameter is needed."""
    return Refusal("MissingParameter", f"The request must contain the parameter {name}.")


def not_played(what: str) -> Refusal:
    """Say that SQS may do this and the stand-in does not."""
    return Refusal("UnsupportedOperation", f"The quick queue has no {what}; moto may have it.")
