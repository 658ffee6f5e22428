"""The settings of the commands; the only reader of the environment."""

from __future__ import annotations

import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse

ANYWHERE = "0.0.0.0"  # noqa: S104 - kubelet and Prometheus come from outside the pod
HIGHEST_PORT = 65_535
MOST_RECEIVERS = 50
LONGEST_IDENTITY = 200

OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""Where a pod finds its namespace, beside the token of its ServiceAccount."""

DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""What a namespace, and each part of an object's name between dots, is made of."""


class SettingsError(ValueError):
    """A setting that is missing or wrong; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a running controller is told; AWS is told by boto3's own variables."""

    queue_urls: tuple[str, ...]
    kubeconfig: Path | None
    metrics_port: int
    health_port: int
    listen_address: str
    identity: str
    namespace: str
    log_format: str
    log_level: str
    receivers: int


class Flag(NamedTuple):
    """A flag and its twin in the environment: `--queue-url` and `SPOTDRAIN_QUEUE_URL`."""

    name: str
    metavar: str
    default: str
    text: str
    repeats: bool = False

    @property
    def variable(self) -> str:
        """The environment's name for it."""
        return "SPOTDRAIN_" + self.name.replace("-", "_").upper()


QUEUE_URL = Flag(
    "queue-url",
    "URL",
    "",
    "an SQS queue that EventBridge sends events to; for several once each, or URL,URL",
    repeats=True,
)
KUBECONFIG = Flag("kubeconfig", "FILE", "", "a kubeconfig file; default: the pod's ServiceAccount")
NAMESPACE = Flag(
    "namespace", "NAME", "", "where the replicas keep their Leases; default: the pod's"
)
LOG_LEVEL = Flag("log-level", "LEVEL", "info", "debug, info, warning or error")
LOG_FORMAT = Flag("log-format", "json|text", "", "default: text in a terminal, json elsewhere")
RUN_FLAGS = (
    QUEUE_URL,
    KUBECONFIG,
    Flag("metrics-port", "N", "9090", "port of /metrics; 0 takes a free one"),
    Flag("health-port", "N", "8081", "port of /healthz and /readyz; 0 takes a free one"),
    Flag("listen-address", "IP", ANYWHERE, "address of both ports"),
    Flag("identity", "NAME", "", "unique name of this replica, its pod's; default: the host's"),
    NAMESPACE,
    Flag("receivers", "N", "3", "long polls at once, ten messages each"),
    LOG_FORMAT,
    LOG_LEVEL,
)


def add_flags(parser: argparse.ArgumentParser, flags: tuple[Flag, ...]) -> None:
    """Declare flags whose defaults come from the environment; a flag given wins."""
    for flag in flags:
        shown = f"; default {flag.default}" if flag.default else ""
        parser.add_argument(
            f"--{flag.name}",
            metavar=flag.metavar,
            # argparse would append to what the environment says, and a flag replaces it.
            default=None if flag.repeats else os.environ.get(flag.variable, flag.default),
            action="append" if flag.repeats else "store",
            help=f"{flag.text}{shown} [{flag.variable}]",
        )


def settings_from(args: argparse.Namespace) -> Settings:
    """Check the flags of `run`; raises SettingsError with a sentence for the first that is wrong."""
    return Settings(
        queue_urls=queue_urls_from(args),
        kubeconfig=kubeconfig_from(args),
        metrics_port=_number("metrics-port", args.metrics_port, 0, HIGHEST_PORT),
        health_port=_number("health-port", args.health_port, 0, HIGHEST_PORT),
        listen_address=args.listen_address,
        identity=_identity(args.identity or socket.gethostname().lower()),
        namespace=namespace_from(args),
        log_format=_choice("log-format", args.log_format or _format(), ("json", "text")),
        log_level=_choice("log-level", args.log_level, ("debug", "info", "warning", "error")),
        receivers=_number("receivers", args.receivers, 1, MOST_RECEIVERS),
    )


def queue_urls_from(args: argparse.Namespace) -> tuple[str, ...]:
    """Take the queues' URLs; raises SettingsError for none or one twice."""
    given = args.queue_url or [os.environ.get(QUEUE_URL.variable, "")]
    urls = tuple(part for text in given for part in re.split(r"[,\s]+", text) if part)
    if not urls:
        raise SettingsError(
            "no queue: name it with --queue-url or SPOTDRAIN_QUEUE_URL, "
            "such as https://sqs.eu-west-1.amazonaws.com/123456789012/spotdrain"
        )
    if len(set(urls)) < len(urls):
        raise SettingsError("--queue-url names a queue twice: name each once")
    return urls


def kubeconfig_from(args: argparse.Namespace) -> Path | None:
    """Take the kubeconfig's path, None for the pod's own account; raises SettingsError."""
    if not args.kubeconfig:
        return None
    path = Path(args.kubeconfig).expanduser()
    if not path.is_file():
        raise SettingsError(f"--kubeconfig: there is no file {path}")
    return path


def _identity(text: str) -> str:
    if not re.fullmatch(rf"{DNS_LABEL}(\.{DNS_LABEL})*", text) or len(text) > LONGEST_IDENTITY:
        raise SettingsError(
            f"--identity is {text!r}: write a name such as a pod's, of lower-case letters, digits,"
            " dashes and dots; it becomes part of a Lease's name"
        )
    return text


def namespace_from(args: argparse.Namespace) -> str:
    """Take the namespace that was named, or the pod's own; raises SettingsError without either."""
    text: str = args.namespace
    if not text and OWN_NAMESPACE.is_file():
        text = OWN_NAMESPACE.read_text().strip()
    if not text:
        raise SettingsError(
            "no namespace: name it with --namespace or SPOTDRAIN_NAMESPACE, such as spotdrain;"
            " the replicas keep their Leases in it"
        )
    if not re.fullmatch(DNS_LABEL, text):
        raise SettingsError(f"--namespace is {text!r}: write the name of a namespace")
    return text


def _format() -> str:
    return "text" if sys.stderr.isatty() else "json"


def _number(name: str, text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingsError(f"--{name} is {text!r}: write a number from {least} to {most}")
    return int(text)


def _choice(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise SettingsError(f"--{name} is {text!r}: choose one of {', '.join(choices)}")
    return text
