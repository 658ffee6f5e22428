"""What can go wrong between us and any AWS service, as a sentence for whoever has to mend it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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

if TYPE_CHECKING:
    from botocore.exceptions import (
        BotoCoreError,
    )

UNREACHABLE, NO_CREDENTIALS = "Unreachable", "NoCredentials"

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
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
REFUSED = frozenset(_EXPIRED | _REJECTED | _SIGNATURE)
"""The codes by which AWS says that other credentials are needed."""

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

# The caller, in AWS's own words about a denial: the role to correct. An ARN is no secret.
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\d{12}:[\w+=,.@/-]{1,160}")


@dataclass(frozen=True, slots=True)
class Place:
    """What a call was about: the words of its sentences.

    `service` is for people (`SQS`), `prefix` for IAM (`sqs`), `subject` what is called upon
    (`queue spotdrain in us-east-1`), `address` where the requests go, `advice` what helps
    against throttling, and `denial` what a refusal means beside the role's own policy.
    """

    service: str
    prefix: str
    subject: str
    address: str
    advice: str
    denial: str

    def action(self, operation: str) -> str:
        """Name the IAM action that allows an operation: batches go by the single one's name."""
        prefix = "sts" if operation.startswith("AssumeRole") else self.prefix
        return f"{prefix}:{operation.removesuffix('Batch')}"


class Fault(NamedTuple):
    """A sentence for people, and AWS's error code or one of ours for the metric."""

    sentence: str
    code: str


def code_of(error: ClientError) -> str:
    """Return AWS's own code for what it refused, or `Unknown`."""
    return error.response.get("Error", {}).get("Code", "Unknown")


def message_of(error: ClientError) -> str:
    """Return AWS's own words: for recognizing, never for repeating, since they quote secrets."""
    return error.response.get("Error", {}).get("Message", "")


def caller(error: ClientError) -> str:
    """Name the role that was refused, as ` to ARN`; empty where AWS does not say."""
    found = _PRINCIPAL.search(message_of(error))
    return f" to {found[0]}" if found else ""


def describe(error: BotoCoreError | ClientError, operation: str, place: Place) -> Fault:
    """Explain an exception of botocore's; `operation` is the API call, such as `ReceiveMessage`.

    AWS's own words are not repeated: they quote receipt handles and tokens, and whoever holds one
    of those can act for us.
    """
    if isinstance(error, ClientError):
        return Fault(_answered(error, place), code_of(error))
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return Fault(
            "No AWS credentials found: give the pod's service account a role by EKS Pod Identity"
            " or IRSA, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            NO_CREDENTIALS,
        )
    if isinstance(error, CredentialRetrievalError | MetadataRetrievalError):
        return Fault(
            "AWS credentials are configured but cannot be fetched: look at the EKS Pod Identity"
            " agent on this node, at the instance metadata service, or at what AWS_* name.",
            NO_CREDENTIALS,
        )
    return _unanswered(error, operation, place)


def _unanswered(error: BotoCoreError, operation: str, place: Place) -> Fault:
    where = place.address
    if isinstance(error, SSLError):
        sentence = f"The certificate of {where} is not trusted: set AWS_CA_BUNDLE if a proxy signs."
    elif isinstance(error, EndpointConnectionError | ConnectTimeoutError | AwsConnectionError):
        sentence = (
            f"Cannot connect to {where}: check DNS, the security groups, and the VPC endpoint or"
            f" NAT gateway that leads to {place.service}."
        )
    elif isinstance(error, HTTPClientError):
        sentence = f"The connection to {where} broke during {operation}; it will be made anew."
    else:
        kind = type(error).__name__
        sentence = (
            f"The call {operation} to {place.subject} could not be made ({kind}): check AWS_*"
            " settings."
        )
        return Fault(sentence, kind)
    return Fault(sentence, UNREACHABLE)


def _answered(error: ClientError, place: Place) -> str:
    code, action = code_of(error), place.action(error.operation_name)
    if code in _DENIED and action.startswith("sts:"):
        return (
            f"AWS refuses {action}: the trust policy of the service account's role must name this"
            " cluster's OIDC provider, namespace and service account."
        )
    if code in _DENIED:
        return (
            f"AWS refuses {action} on {place.subject}{caller(error)}: allow it in the role's IAM"
            f" policy, and see that {place.denial}."
        )
    if code in _EXPIRED:
        return (
            "The AWS credentials have expired: renew them in the shared credentials file, which is"
            " read again, or restart with new keys; with EKS Pod Identity or IRSA this happens by"
            " itself."
        )
    if code in _REJECTED:
        return "AWS does not know these credentials: check the role or the keys, and the partition."
    if code in _SIGNATURE:
        return "AWS refuses the signature: check this machine's clock, and the secret key."
    if code in _THROTTLED:
        return f"{place.service} throttles {action} on {place.subject}: {place.advice}."
    return f"AWS answered {code} to {action} on {place.subject}."
