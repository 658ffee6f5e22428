"""What the golden events about instances say."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.notice import Kind, LifecycleHook, Notice
from controller.domain.times import parse_rfc3339
from controller.notices.decoding import digest


def instant(text: str) -> float:
    """Read a time that is known to be one."""
    moment = parse_rfc3339(text)
    assert moment is not None
    return moment


EVENT_TIME = instant("2026-01-02T03:04:05Z")
RECEIVED = instant("2026-01-02T03:04:08Z")
TWO_MINUTES_LATER = instant("2026-01-02T03:06:05Z")
INSTANCE, OTHER = "i-1234567890abcdef0", "i-0fedcba0987654321"

SPOT = Notice(
    id="1e5527d7-bb36-4607-3370-4164db56a40e",
    kind=Kind.SPOT_INTERRUPTION,
    instance_id=INSTANCE,
    time=EVENT_TIME,
    deadline=TWO_MINUTES_LATER,
    action="terminate",
)
REBALANCE = Notice("5d5555d5-dd55-5555-5555-5555dd55d55d", Kind.REBALANCE, INSTANCE, EVENT_TIME)
STATE = Notice("7bf73129-1428-4cd3-a780-95db273d1602", Kind.STATE_CHANGE, "i-abcd1111", EVENT_TIME)
RESERVATION = replace(
    SPOT, id="12345678-1234-1234-1234-123456789012", kind=Kind.CAPACITY_RESERVATION
)

HOOK = LifecycleHook(
    group="my-asg",
    name="my-hook",
    token="87654321-4321-4321-4321-210987654321",
    origin="AutoScalingGroup",
    destination="EC2",
)
BARE_HOOK = LifecycleHook("my-asg", "my-hook", "b4dd0f5b-0ef2-4479-9dad-6c55f027000e")
TERMINATION = Notice(
    id=f"lifecycle-{digest('my-asg', 'my-hook', HOOK.token)}",
    kind=Kind.LIFECYCLE_TERMINATION,
    instance_id=INSTANCE,
    time=EVENT_TIME,
    hook=HOOK,
)
DIRECT = replace(
    TERMINATION,
    id=f"lifecycle-{digest('my-asg', 'my-hook', BARE_HOOK.token)}",
    time=EVENT_TIME + 0.872,
    source="autoscaling",
    hook=BARE_HOOK,
)

_EVENTS = "arn:aws:health:us-east-2::event/EC2/"
_REBOOT = "AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED"
REBOOT_ARN = f"{_EVENTS}{_REBOOT}/{_REBOOT}_0a1b"
_COMMUNICATION = "01b0993207d81a09dcd552ebd1e633e36cf1f09a-1"


def change(
    instance: str = INSTANCE,
    *,
    communication: str = _COMMUNICATION,
    arn: str = REBOOT_ARN,
    start: str | None = "2026-01-14T15:00:00Z",
    action: str = "reboot",
) -> Notice:
    """Expect a scheduled change; one without a start is withdrawn."""
    return Notice(
        id=f"health-{digest(arn, communication, instance, str(start is None))}",
        kind=Kind.SCHEDULED_CHANGE,
        instance_id=instance,
        time=EVENT_TIME,
        deadline=None if start is None else instant(start),
        action=action,
        subject=arn,
        withdrawn=start is None,
    )


_RETIREMENT = replace(
    change(
        "i-abcd1111",
        communication="7bf73129-1428-4cd3-a780-95db273d1602",
        arn="arn:aws:health:us-west-2::event/"
        "AWS_EC2_INSTANCE_STORE_DRIVE_PERFORMANCE_DEGRADED_90353408594353980",
        start="2016-06-05T15:10:09Z",
        action="retirement",
    ),
    time=instant("2016-06-05T06:27:57Z"),
)
_LONG_ARN = _EVENTS + "A" * 300

NOTICES: dict[str, list[Notice]] = {
    "spot-interruption": [SPOT],
    "spot-interruption-stop": [replace(SPOT, action="stop")],
    "spot-interruption-hibernate": [replace(SPOT, action="hibernate", deadline=EVENT_TIME)],
    "spot-interruption-new-action": [replace(SPOT, action="")],
    "spot-interruption-without-action": [replace(SPOT, action="")],
    "spot-interruption-regional-arn": [SPOT],
    "spot-interruption-resources-as-text": [SPOT],
    "spot-interruption-bare": [SPOT],
    "spot-interruption-short-instance-id": [replace(SPOT, instance_id="i-12345678")],
    # The first half of what sha256sum says of the file.
    "spot-interruption-without-id": [replace(SPOT, id="sha256-dce3118a0d00ac03f2372e4e870a1e3d")],
    "spot-interruption-sns": [replace(SPOT, source="sns")],
    "spot-interruption-drill": [
        replace(SPOT, id="drill-3f0c6d1e-8d0e-4b55-9a52-5a3c8a1d2f10", source="simulated")
    ],
    "rebalance": [REBALANCE],
    "rebalance-sns": [replace(REBALANCE, source="sns")],
    "state-change": [replace(STATE, action="shutting-down", deadline=EVENT_TIME)],
    "state-change-pending": [replace(STATE, action="pending")],
    "state-change-running": [replace(STATE, action="running")],
    "state-change-stopping": [replace(STATE, action="stopping", deadline=EVENT_TIME)],
    "state-change-stopped": [replace(STATE, action="stopped", deadline=EVENT_TIME)],
    "state-change-terminated": [replace(STATE, action="terminated", deadline=EVENT_TIME)],
    "capacity-reservation": [RESERVATION],
    "capacity-reservation-other-spelling": [RESERVATION],
    "capacity-reservation-sns": [replace(RESERVATION, source="sns")],
    "capacity-reservation-without-termination-time": [RESERVATION],
    "capacity-reservation-early-termination-time": [replace(RESERVATION, deadline=EVENT_TIME)],
    "capacity-reservation-new-action": [replace(RESERVATION, action="")],
    "auto-scaling-terminate": [TERMINATION],
    "auto-scaling-terminate-sns": [replace(TERMINATION, source="sns")],
    "auto-scaling-terminate-warm-pool": [
        replace(TERMINATION, hook=replace(HOOK, destination="WarmPool"))
    ],
    "auto-scaling-terminate-new-places": [
        replace(TERMINATION, hook=replace(HOOK, origin="", destination=""))
    ],
    # Without its token the action cannot be told from the next one by the same hook: the event's id.
    "auto-scaling-terminate-without-token": [
        replace(
            TERMINATION,
            id="782d5b4c-0f6f-1fd6-9d62-ecf6aed0a470",
            hook=replace(HOOK, token=""),
        )
    ],
    "auto-scaling-direct-terminate": [DIRECT],
    "auto-scaling-direct-terminate-sns": [replace(DIRECT, source="sns")],
    "auto-scaling-direct-terminate-drill": [replace(DIRECT, source="simulated")],
    "auto-scaling-direct-terminate-bare": [
        replace(
            DIRECT,
            id="sha256-afedfde211feb25546158feefb85a20f",
            hook=replace(BARE_HOOK, token=""),
        )
    ],
    "health-scheduled-change": [change()],
    "health-scheduled-change-many": [
        change(),
        change(OTHER),
        change("i-12345678", start=None),
    ],
    "health-scheduled-change-page-1": [change()],
    "health-scheduled-change-page-2": [
        change(OTHER, communication="01b0993207d81a09dcd552ebd1e633e36cf1f09a-2")
    ],
    "health-scheduled-change-backup-region": [replace(change(), time=EVENT_TIME + 1)],
    "health-scheduled-change-rescheduled": [
        change(
            communication="11b0993207d81a09dcd552ebd1e633e36cf1f09a-1",
            start="2026-01-16T15:00:00Z",
        )
    ],
    "health-scheduled-change-open": [change()],
    "health-scheduled-change-closed": [
        change(communication="21b0993207d81a09dcd552ebd1e633e36cf1f09a-1", start=None)
    ],
    "health-scheduled-change-closed-without-start": [change(start=None)],
    "health-scheduled-change-cancelled": [change(start=None)],
    "health-scheduled-change-sns": [replace(change(), source="sns")],
    "health-scheduled-change-start-as-rfc3339": [change()],
    "health-scheduled-change-without-arn": [change(arn="")],
    "health-scheduled-change-long-arn": [
        replace(change(arn=_LONG_ARN), subject=f"sha256-{digest(_LONG_ARN)}")
    ],
    "health-system-maintenance": [change(action="maintenance")],
    "health-instance-stop": [change(action="stop")],
    "health-retirement-old": [_RETIREMENT],
}
"""By the name of the file; read with every parser there is."""
