"""A client of the local SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import botocore.session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs import SQSClient


def sqs_client(environment: Mapping[str, str]) -> SQSClient:
    """Make a client from the cluster's `aws_environment`.

    The user's own AWS_PROFILE is left out: it may name one that is not on this machine, and boto3
    would refuse before it looked at anything else.
    """
    own = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.Session(botocore_session=own).client(
        "sqs",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
