"""A short run of the fuzzer without its guide by coverage; `make fuzz` is the long one."""

from __future__ import annotations

import json
from random import Random

import pytest

from controller.domain.notice import Ignored, Kind, Malformed
from controller.notices import read
from tests.fuzz.law import check
from tests.fuzz.mutation import corpus, mutate
from tests.fuzz.target import RECEIVED, one_input

INPUTS = 20_000


def test_no_event_that_is_almost_right_is_answered_wrongly() -> None:
    """And the changes are such that every kind is still reached, and every sort of answer."""
    rng, events, reached = Random(1), corpus(), set()  # noqa: S311 - chance for tests
    for number in range(INPUTS):
        body = mutate(events[number % len(events)], rng)
        one_input(body)
        answer = read(body.decode("utf-8", "surrogateescape"), RECEIVED)
        for said in answer if isinstance(answer, list) else [answer]:
            reached.add(type(said) if isinstance(said, Ignored | Malformed) else said.kind)
    assert reached == {Ignored, Malformed, *Kind}


def test_a_change_is_made_of_nothing_but_chance_that_can_be_had_again() -> None:
    for event in corpus():
        assert mutate(event, Random(7)) == mutate(event, Random(7))  # noqa: S311


def test_the_law_that_is_fuzzed_by_can_be_broken() -> None:
    answer = read(json.dumps({"source": "aws.ec2", "detail-type": "x"}), RECEIVED)
    check(answer, RECEIVED)
    with pytest.raises(AssertionError):
        check([], RECEIVED)
    with pytest.raises(AssertionError):
        check([Ignored("a sender's own label", "unsupported", "Yes.")], RECEIVED)
    with pytest.raises(AssertionError):
        check(Malformed("two\nlines."), RECEIVED)
