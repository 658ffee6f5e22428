"""Every variant that AWS is known to send, as a file, and what spotdrain reads in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from controller.domain.notice import Ignored, Kind, Malformed, Notice
from controller.notices import read
from tests.unit.notices.expected import HOOK, NOTICES, REBOOT_ARN, RECEIVED

DOCS = Path(__file__).parents[3] / "docs" / "events.md"
EVENTS = Path(__file__).parents[2] / "fixtures" / "events"

IGNORED = {
    "state-change-new-state": ("instance_state_change", "unsupported"),
    "auto-scaling-launch": ("lifecycle_launch", "unsupported"),
    "auto-scaling-terminate-successful": ("auto_scaling", "unsupported"),
    "auto-scaling-direct-launch": ("lifecycle_launch", "unsupported"),
    "auto-scaling-direct-new-transition": ("auto_scaling", "unsupported"),
    "auto-scaling-test": ("auto_scaling", "test_notification"),
    "auto-scaling-test-sns": ("auto_scaling", "test_notification"),
    "auto-scaling-direct-notification": ("auto_scaling", "unsupported"),
    "health-issue": ("health", "unsupported"),
    "health-other-service": ("health", "unsupported"),
    "health-public": ("health", "unsupported"),
    "health-entities-as-text": ("health", "unsupported"),
    "health-dedicated-host": ("health", "unsupported"),
    "health-abuse": ("health", "unsupported"),
    "capacity-block-other-spelling": ("capacity_block_expiration", "unsupported"),
    "capacity-reclamation": ("ec2", "unsupported"),
    "ec2-fleet-instance-change": ("ec2_fleet", "unsupported"),
    "capacity-block": ("capacity_block_expiration", "unsupported"),
    "spot-request-fulfillment": ("spot_request_fulfillment", "unsupported"),
    "spot-fleet-instance-change": ("spot_fleet", "unsupported"),
    "ec2-other": ("ec2", "unsupported"),
    "foreign-source": ("unknown", "unsupported"),
    "no-event": ("unknown", "unsupported"),
    "sns-subscription-confirmation": ("sns_subscription", "unsupported"),
}


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
    "malformed-capacity-reservation-without-instance-id": "names no instance",
    "malformed-auto-scaling-terminate-without-hook": "found 'my-asg' and nothing",
    "malformed-auto-scaling-terminate-group": r"found 'my\nasg' and 'my-hook'",
    "malformed-auto-scaling-terminate-without-instance-id": "expected detail.EC2InstanceId",
    "malformed-auto-scaling-direct-terminate-time": "found a JSON number",
    "malformed-health-without-start": "found nothing",
    "malformed-health-start": "found 'in a fortnight'",
    "malformed-health-start-before-1970": "found 'Wed, 14 Jan 1926 15:00:00 GMT'",
    "malformed-health-without-time": "AWS Health Event event has no usable time",
    "malformed-sns-text": "Inside an SNS notification: The message is not JSON",
    "malformed-sns-twice": "wrapped in SNS twice",
    "malformed-array": "not an object",
    "malformed-not-json": "not JSON",
}


def _body(name: str) -> str:
    return (EVENTS / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "expected"), NOTICES.items(), ids=NOTICES)
def test_an_event_about_instances_gives_a_notice_for_each(
    name: str, expected: list[Notice]
) -> None:
    assert read(_body(name), RECEIVED) == expected


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
    malformed = read(_body(name), RECEIVED)
    assert isinstance(malformed, Malformed)
    assert words in malformed.message
    assert malformed.message.endswith(".")


def test_every_file_is_expected_to_be_something() -> None:
    files = {path.stem for path in EVENTS.glob("*.json")}
    assert files == {*NOTICES, *IGNORED, *MALFORMED}


@pytest.mark.parametrize("name", ["auto-scaling-launch", "auto-scaling-direct-launch"])
def test_a_new_instance_that_waits_for_its_hook_is_pointed_out(name: str) -> None:
    (ignored,) = _listed(name)
    assert isinstance(ignored, Ignored)
    assert "until the hook times out" in ignored.message


def test_an_ending_capacity_block_is_pointed_out() -> None:
    (ignored,) = _listed("capacity-block")
    assert isinstance(ignored, Ignored)
    assert "Drain their nodes before that." in ignored.message


def test_a_hook_is_one_whichever_road_its_action_comes_by() -> None:
    """EventBridge and the group itself name the same action by the same token."""
    event = json.loads(_body("auto-scaling-terminate"))["detail"]
    by_group = json.loads(_body("auto-scaling-direct-terminate")) | event
    (one,), (other,) = _listed("auto-scaling-terminate"), _read(json.dumps(by_group))
    assert isinstance(one, Notice)
    assert isinstance(other, Notice)
    assert (one.id, one.hook) == (other.id, other.hook)


def test_a_change_that_two_regions_deliver_is_one() -> None:
    (one,), (other,) = map(
        _listed, ("health-scheduled-change", "health-scheduled-change-backup-region")
    )
    assert isinstance(one, Notice)
    assert isinstance(other, Notice)
    assert one.id == other.id


def test_a_later_word_about_a_change_is_another_notice_of_the_same_subject() -> None:
    said = [
        *_listed("health-scheduled-change"),
        *_listed("health-scheduled-change-rescheduled"),
        *_listed("health-scheduled-change-closed"),
    ]
    notices = [notice for notice in said if isinstance(notice, Notice)]
    assert len({notice.id for notice in notices}) == 3
    assert {notice.subject for notice in notices} == {REBOOT_ARN}


def test_each_sample_of_the_documentation_is_read() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    notices = [said for block in blocks for said in _read(block)]
    assert {said.kind for said in notices if isinstance(said, Notice)} == set(Kind)
    assert len(notices) == len(blocks)


def test_a_token_is_in_no_log() -> None:
    (notice,) = _listed("auto-scaling-terminate")
    assert HOOK.token not in repr(notice)


def _listed(name: str) -> list[Notice | Ignored]:
    return _read(_body(name))


def _read(body: str) -> list[Notice | Ignored]:
    outcome = read(body, RECEIVED)
    assert isinstance(outcome, list)
    return outcome
