"""Queues are named one by one or in a list."""

from __future__ import annotations

import argparse

import pytest

from controller.config import QUEUE_URL, SettingsError, add_flags, queue_urls_from

ONE, TWO = "https://sqs.us-east-1.amazonaws.com/1/one", "https://sqs.us-east-1.amazonaws.com/1/two"


def named(*arguments: str) -> tuple[str, ...]:
    parser = argparse.ArgumentParser()
    add_flags(parser, (QUEUE_URL,))
    return queue_urls_from(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (ONE, (ONE,)),
        (f"{TWO},{ONE}", (TWO, ONE)),
        (f" {ONE} ,\n{TWO},", (ONE, TWO)),
    ],
)
def test_urls_are_taken_in_their_order(text: str, urls: tuple[str, ...]) -> None:
    assert named("--queue-url", text) == urls


def test_the_flag_may_be_given_again_and_replaces_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(QUEUE_URL.variable, f"{ONE}/environment")
    assert named("--queue-url", TWO, "--queue-url", ONE) == (TWO, ONE)
    assert named() == (f"{ONE}/environment",)


@pytest.mark.parametrize("text", ["", " , "])
def test_no_queue_is_said(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^no queue: name it with --queue-url or SPOTDRAIN_QU"):
        named("--queue-url", text)


def test_the_same_queue_twice_is_said() -> None:
    with pytest.raises(SettingsError, match=r"^--queue-url names a queue twice"):
        named("--queue-url", f"{ONE},{TWO}", "--queue-url", ONE)
