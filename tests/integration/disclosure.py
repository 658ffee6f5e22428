"""What the controller must never tell: the secrets that it was given, and what looks like one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from hack.scaling.faults import TOKEN_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SECRET_VARIABLES = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
FEWEST_CHARACTERS = 16
"""A shorter text may be a word: to look for it would find what is no secret."""

_GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "events"
_IN_AN_EVENT = re.compile(r'LifecycleActionToken\\?": \\?"([!-~]{36})\\?"')
_SHAPES = re.compile(
    r"Bearer\s+[\w.-]+"  # how a token goes to the API server
    r"|eyJ[\w-]{16,}\.[\w-]+"  # a JSON Web Token: that of a ServiceAccount, of IRSA, of Pod Identity
    r"|X-Amz-Security-Token|aws_secret_access_key\s*="
    r"|AWS4-HMAC-SHA256|Signature=[0-9a-f]{8}"
    rf"|{TOKEN_MARK}[\w-]*"  # a lifecycle action of hack/scaling
    r"|\b[a-z]{100,}\b"  # a receipt handle as moto makes them
)


class Given:
    """The secrets of one process, and what of them is found in a text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take them; the tokens of tests/fixtures/events are added."""
        self._secrets = {*secrets, *golden_tokens()}
        short = [secret for secret in self._secrets if len(secret) < FEWEST_CHARACTERS]
        assert not short, f"too short to be looked for, make them longer: {short}"

    def found(self, text: str) -> list[str]:
        """List what a text tells that it must not."""
        told = [secret for secret in self._secrets if secret in text]
        return [*told, *(match.group() for match in _SHAPES.finditer(text))]


def given_to(kubeconfig: Path, environment: Mapping[str, str]) -> Given:
    """Read what a process gets by a kubeconfig and by variables; now, for tests take files away."""
    named = [environment.get(name, "") for name in SECRET_VARIABLES]
    return Given([*_in_kubeconfig(kubeconfig), *filter(None, named)])


@cache
def golden_tokens() -> frozenset[str]:
    """List the tokens of the lifecycle actions that tests/fixtures/events tells of."""
    texts = (path.read_text() for path in _GOLDEN.glob("*.json"))
    return frozenset(token for text in texts for token in _IN_AN_EVENT.findall(text))


def _in_kubeconfig(path: Path) -> Iterator[str]:
    try:
        users = yaml.safe_load(path.read_text())["users"]
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return  # Some tests give one that cannot be read.
    yield from (entry["user"]["token"] for entry in users if entry["user"].get("token"))
