"""Clients of the local SQS, and of whatever else moto plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import botocore.session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs import SQSClient


def sqs_client(environment: Mapping[str, str]) -> SQSClient:
    """Make a client from the cluster's `aws_environment`."""
    return aws_session(environment).client("sqs", endpoint_url=environment["AWS_ENDPOINT_URL"])


def aws_session(environment: Mapping[str, str]) -> boto3.Session:
    """Begin a session with the credentials of the cluster's `aws_environment`.

    The user's own AWS_PROFILE is left out: it may name one that is not on this machine, and boto3
    would refuse before it looked at anything else. Clients still need `endpoint_url`.
    """
    own = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.Session(
        botocore_session=own,
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
