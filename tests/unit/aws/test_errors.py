"""Whatever AWS or the network answers becomes a sentence that says what to put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from controller.aws.errors import explain
from controller.aws.queue_url import parse_queue_url

if TYPE_CHECKING:
    from botocore.exceptions import (
        BotoCoreError,
    )

QUEUE = parse_queue_url("https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain")
RECEIPT = "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a"
ROLE = "arn:aws:sts::123456789012:assumed-role/spotdrain/session-1"


def _answer(code: str, operation: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("code", "operation", "words"),
    [
        ("AccessDenied", "ReceiveMessage", "refuses sqs:ReceiveMessage on queue spotdrain in us-e"),
        ("AccessDeniedException", "DeleteMessageBatch", "refuses sqs:DeleteMessage on queue"),
        ("AccessDenied", "ChangeMessageVisibilityBatch", "refuses sqs:ChangeMessageVisibility on"),
        ("AccessDenied", "AssumeRoleWithWebIdentity", "refuses sts:AssumeRoleWithWebIdentity: the"),
        ("KMS.AccessDeniedException", "ReceiveMessage", "allow kms:Decrypt"),
        ("KmsAccessDenied", "ReceiveMessage", "allow kms:Decrypt"),
        ("QueueDoesNotExist", "ReceiveMessage", "There is no queue spotdrain in us-east-1"),
        ("ExpiredToken", "ReceiveMessage", "have expired"),
        ("ExpiredTokenException", "AssumeRoleWithWebIdentity", "have expired"),
        ("InvalidClientTokenId", "ReceiveMessage", "does not know these credentials"),
        ("UnrecognizedClientException", "ReceiveMessage", "does not know these credentials"),
        ("SignatureDoesNotMatch", "ReceiveMessage", "check this machine's clock"),
        ("RequestThrottled", "DeleteMessageBatch", "throttles sqs:DeleteMessage on queue"),
        ("ThrottlingException", "ReceiveMessage", "throttles sqs:ReceiveMessage"),
        ("InvalidAddress", "ReceiveMessage", "does not accept the URL"),
        ("SomethingNew", "ReceiveMessage", "answered SomethingNew to sqs:ReceiveMessage on queue"),
    ],
)
def test_an_answer_of_aws_is_explained(code: str, operation: str, words: str) -> None:
    error = explain(_answer(code, operation), operation, QUEUE)
    assert words in str(error)
    assert str(error).endswith(".")
    assert error.code == code


@pytest.mark.parametrize("code", ["AccessDenied", "KMS.AccessDeniedException"])
def test_a_denial_names_the_role_that_lacks_the_right(code: str) -> None:
    text = f"User: {ROLE} is not authorized to perform: sqs:receivemessage"
    error = explain(_answer(code, "ReceiveMessage", text), "ReceiveMessage", QUEUE)
    assert f" to {ROLE}: allow " in str(error)


@pytest.mark.parametrize("code", ["ReceiptHandleIsInvalid", "InvalidParameterValue", "Throttling"])
def test_a_receipt_that_aws_quotes_is_not_repeated(code: str) -> None:
    text = f"The input receipt handle {RECEIPT} is not a valid receipt handle."
    error = explain(_answer(code, "DeleteMessageBatch", text), "DeleteMessageBatch", QUEUE)
    assert RECEIPT not in str(error)


def test_an_answer_without_a_code_is_explained_too() -> None:
    error = explain(ClientError({}, "ReceiveMessage"), "ReceiveMessage", QUEUE)
    assert error.code == "Unknown"


URL = "https://sqs.us-east-1.amazonaws.com/"


@pytest.mark.parametrize(
    ("cause", "words", "code"),
    [
        (EndpointConnectionError(endpoint_url=URL), "Cannot connect to SQS in us", "Unreachable"),
        (ConnectTimeoutError(endpoint_url=URL), "Cannot connect to SQS in us", "Unreachable"),
        (
            ProxyConnectionError(proxy_url="http://user:hunter2@proxy"),
            "Cannot connect to SQS in us",
            "Unreachable",
        ),
        (
            SSLError(endpoint_url=URL, error=OSError("x")),
            "certificate of SQS in us-east-1",
            "Unreachable",
        ),
        (ReadTimeoutError(endpoint_url=URL), "broke during ReceiveMessage", "Unreachable"),
        (ConnectionClosedError(endpoint_url=URL), "broke during ReceiveMessage", "Unreachable"),
        (NoCredentialsError(), "No AWS credentials found", "NoCredentials"),
        (
            PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "No AWS credentials found",
            "NoCredentials",
        ),
        (
            CredentialRetrievalError(provider="container-role", error_msg="hunter2"),
            "cannot be fetched",
            "NoCredentials",
        ),
        (
            ParamValidationError(report="hunter2"),
            "could not be made (ParamValidationError)",
            "ParamValidationError",
        ),
    ],
)
def test_a_call_without_an_answer_is_explained(cause: BotoCoreError, words: str, code: str) -> None:
    error = explain(cause, "ReceiveMessage", QUEUE)
    assert words in str(error)
    assert str(error).endswith(".")
    assert "hunter2" not in str(error)
    assert error.code == code
