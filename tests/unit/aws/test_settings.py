"""What is unwise in a queue's settings is said."""

from __future__ import annotations

from controller.aws.queue_url import parse_queue_url
from controller.aws.settings import warnings

PATH = "123456789012/spotdrain"


def test_a_url_that_sends_in_the_clear_is_warned_about() -> None:
    queue = parse_queue_url(f"http://sqs.spot.svc:9324/{PATH}")
    (warning,) = warnings(queue, {"RedrivePolicy": "{}"})
    assert warning == (
        "The URL of queue spotdrain is http: what is sent can be read on its way, a session token"
        " included. Use https."
    )


def test_a_queue_with_a_dead_letter_queue_and_https_gets_no_warning() -> None:
    queue = parse_queue_url(f"https://sqs.us-east-1.amazonaws.com/{PATH}")
    assert list(warnings(queue, {"RedrivePolicy": "{}"})) == []
