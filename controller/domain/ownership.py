"""Who is in charge of what: every replica works it out alike, without asking the others."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WEIGHT_BYTES = 8


def owner_of(name: str, members: Iterable[str]) -> str:
    """Choose the member that is in charge of an object; empty when there are no members.

    Rendezvous hashing (Thaler and Ravishankar, 1998): each member draws a number for the name, the
    highest is in charge. So when a member comes or goes, only what it gains or had changes hands.
    """
    return max(members, key=lambda member: (_weight(member, name), member), default="")


def _weight(member: str, name: str) -> bytes:
    # Python's own hash differs between processes.
    return blake2b(f"{member}\0{name}".encode(), digest_size=WEIGHT_BYTES).digest()
