"""Queues are named one by one or in a list."""

from __future__ import annotations

import pytest

from controller.config import SettingsError, queue_urls_from

ONE, TWO = "https://sqs.us-east-1.amazonaws.com/1/one", "https://sqs.us-east-1.amazonaws.com/1/two"


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (ONE, (ONE,)),
        (f"{TWO},{ONE}", (TWO, ONE)),
        (f" {ONE} ,\n{TWO},", (ONE, TWO)),
    ],
)
def test_urls_are_taken_in_their_order(text: str, urls: tuple[str, ...]) -> None:
    assert queue_urls_from(text) == urls


@pytest.mark.parametrize("text", ["", " , "])
def test_no_queue_is_said(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^no queue: name it with --queue-url or SPOTDRAIN_QU"):
        queue_urls_from(text)


def test_the_same_queue_twice_is_said() -> None:
    with pytest.raises(SettingsError, match=r"^--queue-url names a queue twice"):
        queue_urls_from(f"{ONE},{TWO},{ONE}")
