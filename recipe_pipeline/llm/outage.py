"""A server that is gone or not ready: requests are held back until it answers, or the run ends."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.progress import Progress
from recipe_pipeline.llm.client import ChatClient
from recipe_pipeline.llm.errors import RequestFailed
from recipe_pipeline.llm.preflight import LOADING_PAUSE

BACKOFF_FIRST = 0.5
BACKOFF_LONGEST = 8.0
PROBE_LONGEST = 5.0


def backoff(errors: int, rng: random.Random, longest: float | None = None) -> float:
    """Seconds to wait after the ``errors``-th error in a row: 0.5, 1, 2, 4, 8, 8 less up to 25 %.

    ``longest`` replaces the 8 seconds.
    """
    longest = BACKOFF_LONGEST if longest is None else longest
    return min(BACKOFF_FIRST * 2 ** (errors - 1), longest) * (1 - 0.25 * rng.random())


class Outage:
    """Whether requests may be sent now. ``stop`` is called with the error that ends the run."""

    def __init__(
        self,
        client: ChatClient,
        progress: Progress,
        longest: float,
        stop: Callable[[PipelineError], None],
    ) -> None:
        self._client, self._progress, self._longest, self._stop = client, progress, longest, stop
        self._is_up = asyncio.Event()
        self._is_up.set()
        self._pause_until = 0.0
        self._gone_since: float | None = None
        self._loading_since: float | None = None
        self._probing: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return when requests may be sent."""
        await self._is_up.wait()
        while (left := self._pause_until - time.monotonic()) > 0:
            await asyncio.sleep(left)
            await self._is_up.wait()

    def pause(self, seconds: float) -> None:
        """Hold back all requests for a while."""
        self._pause_until = max(self._pause_until, time.monotonic() + seconds)

    def over(self) -> None:
        """A reply has come."""
        self._gone_since = self._loading_since = None

    def cancel(self) -> list[asyncio.Task[None]]:
        """End the probing; returns what has to be awaited."""
        if self._probing is None:
            return []
        self._probing.cancel()
        return [self._probing]

    def loading(self, failure: RequestFailed) -> None:
        """The server says that it is loading its model: try again in a moment."""
        now = time.monotonic()
        if self._loading_since is None:
            self._loading_since = now
            self._progress.message(
                f"the server is loading its model ({failure.detail}); waiting up to "
                f"{self._longest:.0f} s for it"
            )
        if now - self._loading_since < self._longest:
            return self.pause(LOADING_PAUSE)
        self._stop(
            PipelineError(
                f"the server is still loading its model ({failure.detail}); run the same command "
                "again when it is ready"
            )
        )

    def unreachable(self, failure: RequestFailed) -> None:
        """Hold back all requests and start to probe for the server, unless that is under way."""
        if self._gone_since is None:
            self._gone_since = time.monotonic()
        if self._is_up.is_set():
            self._is_up.clear()
            self._probing = asyncio.create_task(self._probe(failure))

    async def _probe(self, failure: RequestFailed) -> None:
        # Counted from the last reply on, so that a server that comes and goes is limited too.
        deadline = (self._gone_since or time.monotonic()) + self._longest
        self._progress.message(
            f"the server does not answer ({failure.detail}); waiting up to "
            f"{max(0.0, deadline - time.monotonic()):.0f} s for it"
        )
        wait = 0.1
        while time.monotonic() < deadline:
            await asyncio.sleep(min(wait, max(0.0, deadline - time.monotonic())))
            wait = min(wait * 1.6, PROBE_LONGEST)
            with suppress(RequestFailed):
                await self._client.models()
                self._progress.message("the server is back")
                self._is_up.set()
                return
        self._stop(
            PipelineError(
                f"the server has not answered for {self._longest:.0f} s; start it and "
                "run the same command again to continue"
            )
        )
