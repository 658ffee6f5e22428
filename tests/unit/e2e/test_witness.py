"""The log of a pod, as read from its node."""

from __future__ import annotations

import pytest

from e2e.kind.witness import Life, read_lines

LOG = "100.000 start\n100.100 beat\n101.000 term\n101.100 beat\n"


def test_a_life_tells_when_sigterm_came_and_when_it_was_last_seen() -> None:
    life = Life(read_lines(LOG.rstrip()))
    assert (life.term, life.last, life.times("beat")) == (101.0, 101.1, 2)


def test_what_did_not_happen_is_an_error_that_shows_the_last_lines() -> None:
    life = Life(read_lines(LOG))
    with pytest.raises(AssertionError, match=r"did not end by itself: .*101\.1"):
        _ = life.end
    with pytest.raises(AssertionError, match="no SIGTERM came"):
        _ = Life(read_lines("100.000 start\n")).term


def test_the_words_of_a_line_stay_together() -> None:
    (line,) = read_lines("100.5 lost ConnectionRefusedError(111, 'Connection refused')\n")
    assert line.what == "lost ConnectionRefusedError(111, 'Connection refused')"
