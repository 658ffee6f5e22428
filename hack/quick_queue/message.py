"""A message, and the receipt handles by which its receivers name it."""

from __future__ import annotations

import hashlib
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Message:
    """A message; times are epoch seconds. It is visible from `visible_at` on."""

    body: str
    sent_at: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    visible_at: float = 0.0
    receives: int = 0
    first_received_at: float = 0.0

    @property
    def md5(self) -> str:
        """The digest of the body, by which botocore sees that it came over whole."""
        return hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest()

    @property
    def receipt(self) -> str:
        """The receipt handle of its latest receive; each receive has another one."""
        return urlsafe_b64encode(f"{self.id} {self.receives}".encode()).decode()


def message_id_of(receipt: str) -> str:
    """Read which message a receipt handle is of; empty for what is none."""
    try:
        return urlsafe_b64decode(receipt).decode().partition(" ")[0]
    except ValueError:
        return ""
