"""How many requests are in flight: fewer when the server does not get to them in time."""

from __future__ import annotations

import asyncio
import time

GOOD_ROUNDS = 8
"""Rounds of replies without trouble after which one more request is tried."""


class Pace:
    """At most ``allowed`` requests at once, from 1 to ``most``; an asynchronous context manager.

    It begins with ``most``, so that a server with that many slots is filled at once. A time-out
    halves it: requests that queue at a server with few slots for longer than --timeout would all be
    given up before their turn. It grows again slowly.
    """

    def __init__(self, most: int) -> None:
        self.most = self.allowed = most
        self.in_flight = self._waiting = self._good = 0
        self._halved_at = -1.0
        self._free = asyncio.Condition()

    async def __aenter__(self) -> float:
        """Wait for a free place; returns the time (`time.monotonic`)."""
        if self.in_flight >= self.allowed:
            self._waiting += 1
            try:
                async with self._free:
                    await self._free.wait_for(lambda: self.in_flight < self.allowed)
            finally:
                self._waiting -= 1
        self.in_flight += 1
        return time.monotonic()

    async def __aexit__(self, *_: object) -> None:
        self.in_flight -= 1
        if self._waiting:
            async with self._free:
                self._free.notify(max(1, self.allowed - self.in_flight))

    def answered(self) -> None:
        """A reply has come."""
        self._good += 1
        if self.allowed < self.most and self._good >= GOOD_ROUNDS * self.allowed:
            self.allowed, self._good = self.allowed + 1, 0

    def timed_out(self, sent_at: float) -> bool:
        """A request sent at ``sent_at`` has had no reply in time; True if the limit has changed.

        Requests that were sent before the last change have queued in the same crowd: they change
        nothing.
        """
        self._good = 0
        if self.allowed == 1 or sent_at <= self._halved_at:
            return False
        self._halved_at = time.monotonic()
        self.allowed = max(1, self.allowed // 2)
        return True
