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
        self._since: float | None = None
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
        self._since = None

    def cancel(self) -> list[asyncio.Task[None]]:
        """End the probing; returns what has to be awaited."""
        if self._probing is None:
            return []
        self._probing.cancel()
        return [self._probing]

    def begin(self, failure: RequestFailed) -> None:
        """The server is "unreachable" or "loading": hold back all requests and start to probe for it,
        unless that is under way."""
        if self._is_up.is_set():
            self._is_up.clear()
            self._probing = asyncio.create_task(self._probe(failure))

    async def _probe(self, failure: RequestFailed) -> None:
        loading = failure.reason == "loading"
        does = "is loading its model" if loading else "does not answer"
        # Counted from the last reply on, so that a server that comes and goes is limited too.
        is_new, self._since = self._since is None, self._since or time.monotonic()
        deadline = self._since + self._longest
        if is_new or not loading:
            left = max(0.0, deadline - time.monotonic())
            self._progress.message(
                f"the server {does} ({failure.detail}); waiting up to {left:.0f} s for it"
            )
        # Some list their models while they load: then the next request is the test.
        wait = LOADING_PAUSE if loading else 0.1
        while time.monotonic() < deadline:
            await asyncio.sleep(min(wait, max(0.0, deadline - time.monotonic())))
            wait = min(wait * 1.6, PROBE_LONGEST)
            with suppress(RequestFailed):
                await self._client.models()
                if not loading:
                    self._progress.message("the server is back")
                self._is_up.set()
                return
        what = f"has not answered for {self._longest:.0f} s; start it and run the same command again to continue"
        if loading:
            what = f"is still loading its model ({failure.detail}); run the same command again when it is ready"
        self._stop(PipelineError(f"the server {what}"))
