"""`spotdrain drill`: send the queue the event that EC2 would send, and watch what happens.

A real account refuses events from `aws.ec2` that EC2 did not send, so a drill goes to the queue
itself. Nothing happens to the instance; everything happens to its node.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from controller.aws.queue import SqsQueue
from controller.cli.simulated import ACTIONS, REBALANCE, SPOT, event
from controller.config import (
    KUBECONFIG,
    QUEUE_URL,
    SettingsError,
    add_flags,
    kubeconfig_from,
    queue_urls_from,
)
from controller.domain.cluster import ClusterError
from controller.domain.node import INSTANCE_ID
from controller.domain.notice import SPOT_NOTICE_SECONDS
from controller.domain.times import format_clock
from controller.kube.api import Api
from controller.kube.connect import configuration
from controller.kube.nodes import Nodes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from controller.domain.times import Instant

OLDEST_SECONDS = 86_400
_NODE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")

DESCRIPTION = (
    "Send a simulated EC2 event about one node to the queue. Nothing happens to the instance, but"
    " spotdrain treats the node as if the event were real: its pods are really evicted."
)
EXAMPLES = """\
examples:
  spotdrain drill ip-10-0-1-17.eu-west-1.compute.internal --kind spot
      interrupt the node as EC2 would: 120 seconds are left
  spotdrain drill i-0123456789abcdef0 --kind spot --age 60
      the same, after the event was on its way for 60 seconds: 60 are left
  spotdrain drill i-0123456789abcdef0 --kind rebalance
      recommend to rebalance: by default the node is cordoned only
"""


class Sender(Protocol):
    """Where a message can be sent."""

    async def send(self, body: str) -> None:
        """Send one message; raises QueueError with a sentence."""


def add_command(commands: Any) -> None:
    """Declare the command on argparse's subparsers."""
    parser = commands.add_parser(
        "drill",
        help="send a simulated event about a node",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.set_defaults(execute=execute)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("node", metavar="NODE", help="an instance id (i-...) or a node's name")
    parser.add_argument("--kind", choices=[SPOT, REBALANCE], required=True, help="what EC2 says")
    parser.add_argument(
        "--age",
        metavar="SECONDS",
        type=_seconds,
        default=0,
        help="how long ago the event happened; default 0",
    )
    parser.add_argument(
        "--instance-action",
        choices=ACTIONS,
        help="what EC2 will do, with --kind spot; default terminate",
    )
    add_flags(parser, (QUEUE_URL, KUBECONFIG))


async def execute(args: argparse.Namespace) -> int:
    """Send the event to the real queue; raises SettingsError, ClusterError or QueueError."""
    urls = queue_urls_from(args)
    if len(urls) > 1:
        raise SettingsError("a drill goes to one queue: name one of them with --queue-url")
    queue = SqsQueue(urls[0])
    try:
        return await run(args, queue=queue, resolve=partial(resolve, kubeconfig_from(args)))
    finally:
        queue.close()


async def resolve(kubeconfig: Path | None, name: str) -> str:
    """Ask the API server for a node's instance id; empty without such a node on EC2."""
    if not _NODE_NAME.fullmatch(name):
        return ""
    async with Api(await configuration(kubeconfig)) as api:
        node = await Nodes(api).read(name)
    return node.instance_id if node else ""


async def run(
    args: argparse.Namespace,
    *,
    queue: Sender,
    resolve: Callable[[str], Awaitable[str]],
    clock: Callable[[], Instant] = time.time,
) -> int:
    """Send one event and say what to type next; returns the exit code.

    `resolve` turns a node's name into its instance id, empty where there is none; it is not asked
    about an instance id. Raises SettingsError or ClusterError before anything is sent.
    """
    if args.kind == REBALANCE and args.instance_action:
        raise SettingsError("--instance-action goes with --kind spot; a recommendation has none")
    instance_id = args.node if INSTANCE_ID.fullmatch(args.node) else await resolve(args.node)
    if not instance_id:
        raise ClusterError(
            f"{args.node} is neither an instance id such as i-0123456789abcdef0 nor a node of this"
            " cluster that runs on EC2; kubectl get nodes shows them"
        )
    now, action = clock(), args.instance_action or ACTIONS[0]
    message = event(instance_id, args.kind, now, age=args.age, action=action)
    await queue.send(json.dumps(message))
    named = instance_id if args.node == instance_id else f"{instance_id} (node {args.node})"
    print(f"Sent a simulated {message['detail-type']} about {named}, event {message['id']}.")
    print(_window(args, now))
    print(f"Watch it:  kubectl get ni {instance_id} --watch")
    return 0


def _window(args: argparse.Namespace, now: Instant) -> str:
    """Say how much time the drain has."""
    if args.kind == REBALANCE:
        return "It announces no deadline; what happens is up to events.rebalance in the SpotPolicy."
    if args.instance_action == "hibernate":
        return "Hibernation begins at once, so there is no time to wait for anything."
    deadline = now - args.age + SPOT_NOTICE_SECONDS
    return f"The deadline is {format_clock(deadline)}, in {max(0, round(deadline - now))} s."


def _seconds(text: str) -> float:
    """Read --age, a time in the past."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= OLDEST_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of seconds from 0 to {OLDEST_SECONDS}"
        )
    return seconds
