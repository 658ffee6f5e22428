"""A queue URL is read strictly, and a wrong one gets a sentence instead of a late surprise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.aws.queue_url import QueueUrl, names, parse_queue_url
from controller.domain.message import QueueError

PATH = "123456789012/spotdrain"


@pytest.mark.parametrize(
    ("origin", "region", "endpoint"),
    [
        ("https://sqs.us-east-1.amazonaws.com", "us-east-1", None),
        ("https://sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1", None),
        ("https://sqs.cn-north-1.amazonaws.com.cn", "cn-north-1", None),
        ("https://sqs.ap-southeast-2.api.aws", "ap-southeast-2", None),
        ("https://sqs-fips.us-east-1.amazonaws.com", "us-east-1", "same"),
        ("https://us-west-2.queue.amazonaws.com", "us-west-2", "same"),
        ("https://vpce-0a-1b.sqs.eu-west-1.vpce.amazonaws.com", "eu-west-1", "same"),
        ("http://127.0.0.1:5000", "", "same"),
        ("http://sqs.spot.svc.cluster.local:9324", "", "same"),
    ],
)
def test_the_host_tells_region_and_endpoint(origin: str, region: str, endpoint: str | None) -> None:
    queue = parse_queue_url(f"{origin}/{PATH}")
    assert (queue.name, queue.region) == ("spotdrain", region)
    assert queue.endpoint == (origin if endpoint else None)


@pytest.mark.parametrize(
    ("origin", "plain"),
    [
        ("https://sqs.us-east-1.amazonaws.com", False),
        ("http://127.0.0.1:5000", False),
        ("http://localhost:5000", False),
        ("http://sqs.us-east-1.amazonaws.com", True),
        ("http://sqs.spot.svc:9324", True),
    ],
)
def test_only_http_beyond_this_machine_is_plain(origin: str, plain: bool) -> None:
    assert parse_queue_url(f"{origin}/{PATH}").plain is plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:spotdrain", "is an ARN"),
        ("", "not that of an SQS queue"),
        ("spotdrain", "not that of an SQS queue"),
        ("https://sqs.us-east-1.amazonaws.com/", "not that of an SQS queue"),
        ("https://sqs.us-east-1.amazonaws.com/1/a b", "not that of an SQS queue"),
        (f"https:///{PATH}", "not that of an SQS queue"),
        (f"ftp://sqs.us-east-1.amazonaws.com/{PATH}", "not that of an SQS queue"),
        (f"https://sqs.us-east-1.amazonaws.com:port/{PATH}", "is no URL"),
        (f"https://[::1/{PATH}", "is no URL"),
        (f"https://key:hunter2@sqs.us-east-1.amazonaws.com/{PATH}", "more than host and path"),
        (f"https://sqs.us-east-1.amazonaws.com/{PATH}?Action=hunter2", "more than host and path"),
        (f"https://sqs.us-east-1.amazonaws.com/{PATH}#hunter2", "more than host and path"),
    ],
)
def test_a_wrong_url_says_what_is_expected_and_repeats_no_secret(text: str, words: str) -> None:
    with pytest.raises(QueueError) as raised:
        parse_queue_url(text)
    message = str(raised.value)
    assert words in message
    assert "expected one such as https://sqs.us-east-1.amazonaws.com/123456789012/" in message
    assert "hunter2" not in message
    assert raised.value.code == "InvalidQueueUrl"


def test_a_fifo_queue_is_refused_with_the_reason() -> None:
    with pytest.raises(QueueError, match=r"FIFO queue: .* Create a standard queue\.$") as raised:
        parse_queue_url(f"https://sqs.us-east-1.amazonaws.com/{PATH}.fifo")
    assert raised.value.code == "FifoQueue"


@given(st.text() | st.text(alphabet="htps:/.@[]?#a1-").map("https://".__add__))
def test_any_text_is_a_queue_url_or_gets_a_sentence(text: str) -> None:
    assert isinstance(_outcome(text), QueueUrl) or str(_outcome(text)).endswith(".")


def _outcome(text: str) -> QueueUrl | QueueError:
    try:
        return parse_queue_url(text)
    except QueueError as error:
        return error


def test_queues_of_one_name_are_told_apart_by_host_and_path() -> None:
    urls = (
        "https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain",
        "https://sqs.us-east-1.amazonaws.com/210987654321/spotdrain",
        "https://sqs.us-east-1.amazonaws.com/123456789012/hooks",
    )
    assert names([parse_queue_url(url) for url in urls]) == [
        "sqs.us-east-1.amazonaws.com/123456789012/spotdrain",
        "sqs.us-east-1.amazonaws.com/210987654321/spotdrain",
        "hooks",
    ]
