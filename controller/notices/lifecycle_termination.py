"""EC2 Instance-terminate Lifecycle Action: a group waits with the end of an instance for a hook.

The message is the same by EventBridge and straight from the group.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controller.domain.notice import Kind, LifecycleHook, Malformed, Notice
from controller.notices.decoding import digest, quoted, text_of
from controller.notices.instance import whom_and_when
from controller.notices.unsupported import AUTO_SCALING, TERMINATE

if TYPE_CHECKING:
    from controller.domain.notice import Answer
    from controller.domain.times import Instant
    from controller.notices.decoding import JsonObject
    from controller.notices.envelope import Envelope

SOURCE, DETAIL_TYPES = AUTO_SCALING, (TERMINATE,)

# What CompleteLifecycleAction takes, by botocore's model of it; a group's name has 255 characters
# at most when it is created. Anything else could never be completed.
_GROUP = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,255}")
_HOOK = re.compile(r"[A-Za-z0-9_/-]{1,255}")
_TOKEN = re.compile(r"[!-~]{36}")

# https://docs.aws.amazon.com/autoscaling/ec2/userguide/warm-pools-eventbridge-events.html
_PLACES = frozenset({"EC2", "AutoScalingGroup", "WarmPool"})


def parse(envelope: Envelope, received: Instant) -> Answer:
    """Read a lifecycle action that arrived at `received` (epoch seconds).

    It has no deadline: how long the group waits is a setting of the hook, which no message tells.
    The id follows from the action's token, so that an action which comes by two roads is one.
    """
    found = whom_and_when(envelope, received, key="EC2InstanceId")
    if isinstance(found, Malformed):
        return found
    hook = _hook(envelope.detail)
    if isinstance(hook, Malformed):
        return hook
    instance, time = found
    action = digest(hook.group, hook.name, hook.token)
    return [
        Notice(
            id=f"lifecycle-{action}" if hook.token else envelope.id,
            kind=Kind.LIFECYCLE_TERMINATION,
            instance_id=instance,
            time=time,
            source=envelope.road,
            hook=hook,
        )
    ]


def _hook(detail: JsonObject) -> LifecycleHook | Malformed:
    group, name = text_of(detail, "AutoScalingGroupName"), text_of(detail, "LifecycleHookName")
    if not _GROUP.fullmatch(group) or not _HOOK.fullmatch(name):
        return Malformed(
            "The lifecycle action does not name its Auto Scaling group and its hook: found "
            f"{quoted(detail.get('AutoScalingGroupName'))} and "
            f"{quoted(detail.get('LifecycleHookName'))}. It cannot be completed."
        )
    token = text_of(detail, "LifecycleActionToken")
    return LifecycleHook(
        group=group,
        name=name,
        token=token if _TOKEN.fullmatch(token) else "",
        origin=_place(detail, "Origin"),
        destination=_place(detail, "Destination"),
    )


def _place(detail: JsonObject, key: str) -> str:
    place = text_of(detail, key)
    return place if place in _PLACES else ""
