"""What a queue message says: one envelope reader, one parser a kind, and never an exception."""

from __future__ import annotations

from controller.notices.reading import read

__all__ = ["read"]
