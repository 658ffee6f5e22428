"""What holds of the answer to any body whatever; the property tests and the fuzzer share it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from controller.domain.interruption_object import manifest
from controller.domain.node import INSTANCE_ID
from controller.domain.notice import ENDING_STATES, LIVING_STATES, Ignored, Kind, Malformed
from controller.domain.notice_entry import clamp_deadline, notice_from, notice_to
from controller.notices.unsupported import KINDS

if TYPE_CHECKING:
    from controller.domain.notice import Answer, Notice
    from controller.domain.times import Instant

_EC2 = frozenset({"", "terminate", "stop", "hibernate"})
_ACTIONS = {
    Kind.SPOT_INTERRUPTION: _EC2,
    Kind.CAPACITY_RESERVATION: _EC2,
    Kind.STATE_CHANGE: ENDING_STATES | LIVING_STATES,
    Kind.LIFECYCLE_TERMINATION: frozenset({""}),
    Kind.SCHEDULED_CHANGE: frozenset({"reboot", "stop", "retirement", "maintenance"}),
    Kind.REBALANCE: frozenset({""}),
}
_SOURCES = frozenset({"eventbridge", "sns", "autoscaling", "simulated"})
_TWO_MINUTES = frozenset({Kind.SPOT_INTERRUPTION, Kind.CAPACITY_RESERVATION})


def check(answer: Answer, received: Instant) -> None:
    """Assert that an answer can be logged, counted and recorded, whoever wrote the message."""
    if isinstance(answer, Malformed):
        is_one_safe_sentence(answer.message)
        return
    assert answer, "a message that says nothing is Ignored, with a sentence"
    for said in answer:
        if isinstance(said, Ignored):
            assert said.kind in KINDS
            assert said.reason in {"unsupported", "test_notification"}
            is_one_safe_sentence(said.message)
        else:
            _can_be_recorded(said, received)


def is_one_safe_sentence(message: str) -> None:
    """Assert that a text is one short line for a log, without escapes of a terminal."""
    assert message.endswith(".")
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < 500


def _can_be_recorded(notice: Notice, received: Instant) -> None:
    """Assert that a notice fits into a Kubernetes object, and promises no time that is not there."""
    assert INSTANCE_ID.fullmatch(notice.instance_id)
    assert 0 < len(notice.id) <= 64
    assert notice.id.isascii()
    assert notice.id.isprintable()
    assert len(notice.subject) <= 256
    assert notice.action in _ACTIONS[notice.kind]
    assert notice.source in _SOURCES
    assert 0 <= notice.time <= received
    _has_the_deadline_of_its_kind(notice, received)
    assert (notice.hook is not None) == (notice.kind is Kind.LIFECYCLE_TERMINATION)
    _survives_being_written(notice, received)


def _has_the_deadline_of_its_kind(notice: Notice, received: Instant) -> None:
    match notice.kind:
        case Kind.SPOT_INTERRUPTION | Kind.CAPACITY_RESERVATION:
            assert notice.deadline is not None
            assert notice.deadline >= notice.time
        case Kind.STATE_CHANGE:
            assert notice.deadline == (None if notice.living else notice.time)
        case Kind.SCHEDULED_CHANGE:
            assert notice.withdrawn == (notice.deadline is None)
        case _:
            assert notice.deadline is None
    bounded = clamp_deadline(notice, received).deadline
    if notice.kind in _TWO_MINUTES:
        assert bounded is not None
        assert bounded <= received + 120


def _survives_being_written(notice: Notice, received: Instant) -> None:
    bounded = clamp_deadline(notice, received)
    # What JSON in UTF-8 cannot carry, no API server takes.
    json.dumps(manifest(bounded, "node-1", "uid"), ensure_ascii=False).encode("utf-8")
    entry = notice_to(bounded)
    read = notice_from(entry, notice.instance_id)
    assert read is not None
    assert notice_to(read) == entry
