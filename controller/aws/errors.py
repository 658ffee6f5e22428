"""What went wrong between us and AWS, as a sentence for whoever has to put it right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)
from botocore.exceptions import ConnectionError as AwsConnectionError

from controller.domain.message import QueueError

if TYPE_CHECKING:
    from botocore.exceptions import (
        BotoCoreError,
    )

    from controller.aws.queue_url import QueueUrl

UNREACHABLE, NO_CREDENTIALS = "Unreachable", "NoCredentials"

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
_REJECTED = {
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "InvalidSecurity",
    "InvalidToken",
    "UnrecognizedClientException",
}
_SIGNATURE = {"InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch"}
_THROTTLED = {
    "KMS.ThrottlingException",
    "KmsThrottled",
    "OverLimit",
    "RequestLimitExceeded",
    "RequestThrottled",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_INVALID_ADDRESS = {"InvalidAddress", "UnsupportedOperation"}

# The caller, in AWS's own words about a denial: the role to correct. An ARN is no secret.
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\d{12}:[\w+=,.@/-]{1,160}")


def explain(error: BotoCoreError | ClientError, operation: str, queue: QueueUrl) -> QueueError:
    """Turn an exception of botocore's into ours; `operation` is the API call, `ReceiveMessage`.

    AWS's own words are not repeated: they quote receipt handles, and whoever holds one of those
    can delete the message.
    """
    if isinstance(error, ClientError):
        return _answered(error, queue)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return QueueError(
            "No AWS credentials found: give the pod's service account a role by EKS Pod Identity"
            " or IRSA, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            NO_CREDENTIALS,
        )
    if isinstance(error, CredentialRetrievalError | MetadataRetrievalError):
        return QueueError(
            "AWS credentials are configured but cannot be fetched: look at the EKS Pod Identity"
            " agent on this node, or at the instance metadata service.",
            NO_CREDENTIALS,
        )
    return _unanswered(error, operation, queue)


def _unanswered(error: BotoCoreError, operation: str, queue: QueueUrl) -> QueueError:
    where = queue.endpoint or f"SQS in {queue.region}"
    if isinstance(error, SSLError):
        message = f"The certificate of {where} is not trusted: set AWS_CA_BUNDLE if a proxy signs."
    elif isinstance(error, EndpointConnectionError | ConnectTimeoutError | AwsConnectionError):
        message = (
            f"Cannot connect to {where}: check DNS, the security groups, and the VPC endpoint or"
            " NAT gateway that leads to SQS."
        )
    elif isinstance(error, HTTPClientError):
        message = f"The connection to {where} broke during {operation}; it will be made anew."
    else:
        kind = type(error).__name__
        message = (
            f"The call {operation} to {queue} could not be made ({kind}): check AWS_* settings."
        )
        return QueueError(message, kind)
    return QueueError(message, UNREACHABLE)


def _answered(error: ClientError, queue: QueueUrl) -> QueueError:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    return QueueError(_sentence(code, error, queue), code)


def _sentence(code: str, error: ClientError, queue: QueueUrl) -> str:
    action = _action(error.operation_name)
    if code in _DENIED and action.startswith("sts:"):
        return (
            f"AWS refuses {action}: the trust policy of the service account's role must name this"
            " cluster's OIDC provider, namespace and service account."
        )
    if code in _DENIED:
        return (
            f"AWS refuses {action} on {queue}{_caller(error)}: allow it in the role's IAM policy,"
            " and see that the queue's own policy does not deny it."
        )
    if code.lower().startswith("kms.access") or code == "KmsAccessDenied":
        return (
            f"AWS refuses the KMS key of {queue}{_caller(error)}: allow kms:Decrypt (and"
            " kms:GenerateDataKey to send) on that key."
        )
    if code in _MISSING:
        return f"There is no {queue}: check the queue URL's account, region and name."
    if code in _EXPIRED:
        return (
            "The AWS credentials have expired: temporary keys must be renewed; with EKS Pod"
            " Identity or IRSA this happens by itself."
        )
    if code in _REJECTED:
        return "AWS does not know these credentials: check the role or the keys, and the partition."
    if code in _SIGNATURE:
        return "AWS refuses the signature: check this machine's clock, and the secret key."
    if code in _THROTTLED:
        return f"SQS throttles {action} on {queue}: fewer calls, or fewer receivers, are needed."
    if code in _INVALID_ADDRESS:
        return f"SQS does not accept the URL of {queue}: check its account, region and name."
    return f"AWS answered {code} to {action} on {queue}."


def _action(operation: str) -> str:
    """Name the IAM action that allows an operation: batches go by the single one's name."""
    service = "sts" if operation.startswith("AssumeRole") else "sqs"
    return f"{service}:{operation.removesuffix('Batch')}"


def _caller(error: ClientError) -> str:
    found = _PRINCIPAL.search(error.response.get("Error", {}).get("Message", ""))
    return f" to {found[0]}" if found else ""
