"""Which replicas are alive, judged by our own clock alone."""

from __future__ import annotations

RENEW_SECONDS, LAPSE_SECONDS = 2.0, 6.0
FORGET_SECONDS = 60.0
"""After so long the Lease of one that never came back is deleted."""


class Attendance:
    """When each replica was last seen to renew its Lease.

    The times written in Leases are never compared, so that clocks may differ. All times here are of
    one monotonic clock, in seconds, and come in as values.
    """

    def __init__(self, own: str) -> None:
        self._own = own
        self._seen: dict[str, float] = {}

    def seen(self, member: str, now: float) -> None:
        """Note that a member has renewed."""
        if member == self._own and now - self._seen.get(member, now) > LAPSE_SECONDS:
            # We were cut off, or the watch was: what the others did meanwhile we cannot know.
            self._seen = dict.fromkeys(self._seen, now)
        self._seen[member] = now

    def left(self, member: str) -> None:
        """Note that a member has taken its Lease away: it is gone at once."""
        self._seen.pop(member, None)

    def others(self) -> frozenset[str]:
        """List all that have a Lease beside us, alive or not."""
        return frozenset(self._seen.keys() - {self._own})

    def alive(self, now: float) -> frozenset[str]:
        """List the others whose Lease has not lapsed."""
        return frozenset(m for m in self.others() if self._silence(m, now) <= LAPSE_SECONDS)

    def forgotten(self, now: float) -> frozenset[str]:
        """List the others that have been silent for so long that their Lease may be deleted."""
        return frozenset(m for m in self.others() if self._silence(m, now) > FORGET_SECONDS)

    def _silence(self, member: str, now: float) -> float:
        """Tell for how long a member has been silent while we would have heard it.

        Our own renewals come through the same watch. While they do not, it is the watch that is
        silent, and nobody is judged.
        """
        own = self._seen.get(self._own, float("-inf"))
        return min(now, own + RENEW_SECONDS) - self._seen[member]
