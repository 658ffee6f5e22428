"""Every variant that AWS is known to send, as a file, and what spotdrain reads in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.domain.notice import Ignored, Kind, Malformed, Notice
from controller.domain.times import parse_rfc3339
from controller.notices import read
from controller.notices.reading import ALL_PARSERS

EVENTS = Path(__file__).parents[2] / "fixtures" / "events"
SPOT_ID = "1e5527d7-bb36-4607-3370-4164db56a40e"
REBALANCE_ID = "5d5555d5-dd55-5555-5555-5555dd55d55d"
DRILL_ID = "drill-3f0c6d1e-8d0e-4b55-9a52-5a3c8a1d2f10"
# The first half of what sha256sum says of the file.
HASH_ID = "sha256-dce3118a0d00ac03f2372e4e870a1e3d"
INSTANCE = "i-1234567890abcdef0"


def _instant(text: str) -> float:
    instant = parse_rfc3339(text)
    assert instant is not None
    return instant


EVENT_TIME = _instant("2026-01-02T03:04:05Z")
TWO_MINUTES_LATER = _instant("2026-01-02T03:06:05Z")
RECEIVED = _instant("2026-01-02T03:04:08Z")


def _spot(
    *,
    id_: str = SPOT_ID,
    instance: str = INSTANCE,
    action: str = "terminate",
    deadline: float = TWO_MINUTES_LATER,
    source: str = "eventbridge",
) -> Notice:
    kind = Kind.SPOT_INTERRUPTION
    return Notice(id_, kind, instance, EVENT_TIME, deadline, action, source)


def _rebalance(source: str = "eventbridge") -> Notice:
    return Notice(REBALANCE_ID, Kind.REBALANCE, INSTANCE, EVENT_TIME, None, "", source)


STATE_ID, STATE_INSTANCE = "7bf73129-1428-4cd3-a780-95db273d1602", "i-abcd1111"


def _state(state: str, deadline: float | None = None) -> Notice:
    kind = Kind.STATE_CHANGE
    return Notice(STATE_ID, kind, STATE_INSTANCE, EVENT_TIME, deadline, state)


NOTICES = {
    "spot-interruption": _spot(),
    "spot-interruption-stop": _spot(action="stop"),
    "spot-interruption-hibernate": _spot(action="hibernate", deadline=EVENT_TIME),
    "spot-interruption-new-action": _spot(action=""),
    "spot-interruption-without-action": _spot(action=""),
    "spot-interruption-regional-arn": _spot(),
    "spot-interruption-resources-as-text": _spot(),
    "spot-interruption-bare": _spot(),
    "spot-interruption-short-instance-id": _spot(instance="i-12345678"),
    "spot-interruption-without-id": _spot(id_=HASH_ID),
    "spot-interruption-sns": _spot(source="sns"),
    "spot-interruption-drill": _spot(id_=DRILL_ID, source="simulated"),
    "rebalance": _rebalance(),
    "rebalance-sns": _rebalance("sns"),
    "state-change": _state("shutting-down", EVENT_TIME),
    "state-change-pending": _state("pending"),
    "state-change-running": _state("running"),
    "state-change-stopping": _state("stopping", EVENT_TIME),
    "state-change-stopped": _state("stopped", EVENT_TIME),
    "state-change-terminated": _state("terminated", EVENT_TIME),
}

IGNORED = {
    "state-change-new-state": ("instance_state_change", "unsupported"),
    "auto-scaling-terminate": ("lifecycle_termination", "unsupported"),
    "auto-scaling-launch": ("lifecycle_launch", "unsupported"),
    "auto-scaling-terminate-successful": ("auto_scaling", "unsupported"),
    "auto-scaling-direct-terminate": ("lifecycle_termination", "unsupported"),
    "auto-scaling-direct-launch": ("lifecycle_launch", "unsupported"),
    "auto-scaling-direct-new-transition": ("auto_scaling", "unsupported"),
    "auto-scaling-test": ("auto_scaling", "test_notification"),
    "auto-scaling-test-sns": ("auto_scaling", "test_notification"),
    "health-scheduled-change": ("health", "unsupported"),
    "capacity-reservation": ("capacity_reservation_interruption", "unsupported"),
    "capacity-reservation-other-spelling": ("capacity_reservation_interruption", "unsupported"),
    "capacity-block": ("capacity_block_expiration", "unsupported"),
    "spot-request-fulfillment": ("spot_request_fulfillment", "unsupported"),
    "spot-fleet-instance-change": ("spot_fleet", "unsupported"),
    "ec2-other": ("ec2", "unsupported"),
    "foreign-source": ("unknown", "unsupported"),
    "no-event": ("unknown", "unsupported"),
    "sns-subscription-confirmation": ("sns_subscription", "unsupported"),
}

NOT_YET = {
    "state-change": "instance_state_change",
}
"""Read in full, and not acted on: of each kind one, and the metric label that it is ignored by."""

MALFORMED = {
    "malformed-state-change-without-state": "found nothing",
    "malformed-state-change-without-instance-id": "names no instance",
    "malformed-spot-without-instance-id": "found nothing",
    "malformed-spot-with-an-arn-for-an-id": "found 'arn:aws:ec2:us-east-2a:instance/i-12345678",
    "malformed-spot-without-time": "found nothing",
    "malformed-spot-with-a-number-for-a-time": "found a JSON number",
    "malformed-spot-before-1970": "found '0001-01-01T00:00:00+14:00'",
    "malformed-rebalance-without-detail": "names no instance",
    "malformed-rebalance-time": "found 'yesterday, at noon exactly'",
    "malformed-sns-text": "Inside an SNS notification: The message is not JSON",
    "malformed-sns-twice": "wrapped in SNS twice",
    "malformed-array": "not an object",
    "malformed-not-json": "not JSON",
}


def _body(name: str) -> str:
    return (EVENTS / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "expected"), NOTICES.items(), ids=NOTICES)
def test_an_event_about_an_instance_is_read_as_one_notice(name: str, expected: Notice) -> None:
    assert read(_body(name), RECEIVED, ALL_PARSERS) == [expected]


@pytest.mark.parametrize(("name", "kind"), NOT_YET.items(), ids=NOT_YET)
def test_an_event_that_is_not_acted_on_yet_is_ignored(name: str, kind: str) -> None:
    outcome = read(_body(name), RECEIVED)
    assert isinstance(outcome, list)
    (ignored,) = outcome
    assert isinstance(ignored, Ignored)
    assert (ignored.kind, ignored.reason) == (kind, "unsupported")


@pytest.mark.parametrize(("name", "expected"), IGNORED.items(), ids=IGNORED)
def test_every_other_event_is_ignored_with_a_kind_and_a_sentence(
    name: str, expected: tuple[str, str]
) -> None:
    (ignored,) = _listed(name)
    assert isinstance(ignored, Ignored)
    assert (ignored.kind, ignored.reason) == expected
    assert ignored.message.endswith(".")


@pytest.mark.parametrize(("name", "words"), MALFORMED.items(), ids=MALFORMED)
def test_a_broken_event_says_in_a_sentence_what_is_wrong(name: str, words: str) -> None:
    malformed = read(_body(name), RECEIVED, ALL_PARSERS)
    assert isinstance(malformed, Malformed)
    assert words in malformed.message
    assert malformed.message.endswith(".")


def test_every_file_is_expected_to_be_something() -> None:
    files = {path.stem for path in EVENTS.glob("*.json")}
    assert files == {*NOTICES, *IGNORED, *MALFORMED}


@pytest.mark.parametrize("name", ["auto-scaling-launch", "auto-scaling-direct-terminate"])
def test_a_lifecycle_hook_that_nobody_completes_is_pointed_out(name: str) -> None:
    (ignored,) = _listed(name)
    assert isinstance(ignored, Ignored)
    assert "until the hook times out" in ignored.message


def _listed(name: str) -> list[Notice | Ignored]:
    outcome = read(_body(name), RECEIVED, ALL_PARSERS)
    assert isinstance(outcome, list)
    return outcome
