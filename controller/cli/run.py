"""`spotdrain run`: the controller."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from typing import TYPE_CHECKING, Any

from controller import app, logs
from controller.config import RUN_FLAGS, add_flags, settings_from

if TYPE_CHECKING:
    from argparse import Namespace

log = logging.getLogger(__name__)

EXAMPLES = """\
AWS is set up by boto3's own variables (AWS_REGION, AWS_ENDPOINT_URL, AWS_PROFILE, ...) and by
IRSA or Pod Identity in a cluster. Every flag has a twin in the environment, shown in [brackets].

examples:
  spotdrain run --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/spotdrain
  spotdrain run --queue-url "$URL" --kubeconfig ~/.kube/config --listen-address 127.0.0.1
"""


def add_command(commands: Any) -> None:
    """Declare the command on argparse's subparsers."""
    parser = commands.add_parser(
        "run",
        help="run the controller",
        description="Run the controller: take events from the queue, fence and drain their nodes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_flags(parser, RUN_FLAGS)
    parser.set_defaults(execute=execute)


async def execute(args: Namespace) -> int:
    """Run until SIGTERM or SIGINT; what is under way is taken up again by the next process."""
    settings = settings_from(args)
    logs.set_up(settings.log_format, settings.log_level, settings.identity)
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel if task else loop.stop)
    try:
        await app.run(settings)
    except asyncio.CancelledError:
        log.info("stopped; drains under way go on in another replica, or at the next start")
        return 0
    return 0
