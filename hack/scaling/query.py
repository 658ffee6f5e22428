"""The AWS Query protocol: a form in, XML out, checked against botocore's model of the service."""

from __future__ import annotations

import re
import uuid
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.session
from botocore.validate import ParamValidator

from hack.scaling.faults import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import ServiceModel, Shape

INVALID = "ValidationError"
RESULTS = {"CONTINUE", "ABANDON"}
"""What the reference allows for LifecycleActionResult; the model itself leaves it open.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html
"""

# Smithy's patterns are Java's, which writes what lies beyond 16 bits as pairs of surrogates.
_JAVA, _PYTHON = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"


class Request(NamedTuple):
    """One call: the operation's name and its parameters."""

    operation: str
    parameters: Mapping[str, str]


@cache
def model() -> ServiceModel:
    """Return botocore's model of Auto Scaling."""
    return botocore.session.Session().get_service_model("autoscaling")


def read(body: str, authorization: str) -> Request:
    """Read a call, or raise the Refusal that AWS would answer.

    The signature is not checked, only that the call is signed for this service.
    """
    if not re.search(r"^AWS4-HMAC-SHA256 .*/autoscaling/aws4_request, ", authorization):
        raise Refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    form = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
    operation, version = form.pop("Action", ""), form.pop("Version", "")
    if operation not in model().operation_names or version != model().api_version:
        raise Refusal(400, "InvalidAction", f"Could not find operation {operation} of {version}")
    _check(operation, form)
    return Request(operation, form)


def _check(operation: str, form: Mapping[str, str]) -> None:
    """Hold the parameters against the model: names, required ones, lengths, patterns."""
    shape = model().operation_model(operation).input_shape
    if shape is None:
        return
    if unknown := form.keys() - shape.members.keys():
        raise Refusal(400, "MalformedInput", f"Unexpected key {min(unknown)} found")
    report = ParamValidator().validate(form, shape)
    if report.has_errors():
        raise Refusal(400, INVALID, report.generate_report())
    for name, value in form.items():
        if constraint := _broken(shape.members[name], value):
            member = name[0].lower() + name[1:]
            raise Refusal(
                400,
                INVALID,
                f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy"
                f" constraint: {constraint}",
            )


def _broken(shape: Shape, value: str) -> str:
    """Say which constraint a text breaks; botocore's own validator knows only the least length."""
    rules = shape.metadata
    if len(value) > rules.get("max", len(value)):
        return f"Member must have length less than or equal to {rules['max']}"
    if (pattern := rules.get("pattern")) and not re.fullmatch(
        pattern.replace(_JAVA, _PYTHON), value
    ):
        return f"Member must satisfy regular expression pattern: {pattern}"
    if shape.name == "LifecycleActionResult" and value not in RESULTS:
        return f"Member must satisfy enum value set: {sorted(RESULTS)}"
    return ""


def answer(operation: str) -> str:
    """Write the answer of an operation that returns nothing."""
    return (
        f'<{operation}Response xmlns="{_namespace()}"><{operation}Result/>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    )


def error(refusal: Refusal) -> str:
    """Write an error."""
    sender = "Sender" if refusal.status < 500 else "Receiver"  # noqa: PLR2004 - HTTP's own border
    return (
        f'<ErrorResponse xmlns="{_namespace()}"><Error><Type>{sender}</Type>'
        f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )


def _namespace() -> str:
    return str(model().metadata["xmlNamespace"])
