"""Many items through one server: bounded concurrency, repeats, outages, failures.

The work list is an iterator that is pulled from when a place is free, so memory does not depend on
its length. A request that waits to be repeated gives its place to another item. Results are written
by the stage the moment a reply arrives; what is done is never asked again.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm.client import ChatClient, ChatRequest, Reply, RequestFailed
from recipe_pipeline.llm.replies import AskAgain, ReplyError

BACKOFF_FIRST = 0.5
BACKOFF_LONGEST = 8.0
BACKOFF_ANSWERING = 2.0
"""Longest pause in seconds while the server answers other requests: the error was chance then, and
longer pauses would only draw out the end of the run."""
RETRY_AFTER_LONGEST = 600.0
RAMP_STEP, RAMP_LONGEST = 0.0015, 0.1
"""Seconds between the first requests, and for all of them. Sent at once they would be answered at
once, again and again; while one reply is written the others wait, and every round takes longer than
the last. Spread by more than it takes to handle a reply (up to 66 places are), none waits."""
PROBE_LONGEST = 5.0


class ItemError(Exception):
    """An item that cannot be asked about at all (an empty post); ``reason`` is a slug."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Item(Protocol):
    """Anything with a ``stem``, the name of its output file without suffix."""

    stem: str


class Stage(Protocol):
    """What 02 and 03 differ in."""

    def request(self, item: Any, repeat: int) -> ChatRequest:
        """The request; ``repeat`` counts unusable replies so far. Raises ItemError."""

    def accept(self, item: Any, request: ChatRequest, reply: Reply) -> None:
        """Check the reply and write the result. Raises ReplyError, OSError."""


class Observer(Protocol):
    """What shows the run to a person."""

    def start(self) -> None:
        """The first request is about to be sent."""

    def advance(self, report: RunReport) -> None:
        """An item is done or has failed."""

    def message(self, text: str) -> None:
        """Something happened that explains why the run stands still."""


class Failures(Protocol):
    """What keeps failed items, normally a `stage_folder.FailureLog`."""

    def add(self, stem: str, reason: str, detail: str, **extra: Any) -> None:
        """``reason`` is a slug; raises OSError."""


@dataclass(frozen=True)
class RunnerSettings:
    """``concurrency`` requests at once; ``max_retries`` repeats after a server error and
    ``reply_retries`` after an unusable reply, per item; an outage ends the run after
    ``server_wait`` seconds without any reply."""

    concurrency: int = 8
    max_retries: int = 6
    reply_retries: int = 2
    server_wait: float = 300.0


@dataclass
class RunReport:
    """Counts of a run; tokens as the server counted them."""

    done: int = 0
    failed: int = 0
    requests: int = 0
    repeats: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)
    """What the first failure of each reason said."""
    interrupted: bool = False
    error: PipelineError | None = None
    seconds: float = 0.0


class ServerState:
    """What is known about the server; runners that share one also wait and give up together."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.pause_until = 0.0
        self.outage_since: float | None = None
        self.errors_in_row = 0
        self.failed_in_row = 0
        self._rejection = ("", 0)

    def note_rejection(self, detail: str) -> int:
        """How often in a row requests were rejected in these words."""
        words, count = self._rejection
        self._rejection = (detail, count + 1 if detail == words else 1)
        return self._rejection[1]

    def note_reply(self) -> None:
        """A request has been answered."""
        self.outage_since = None
        self.errors_in_row = self.failed_in_row = 0
        self._rejection = ("", 0)


@dataclass
class _Attempt:
    """One item on its way, with what has gone wrong so far."""

    item: Any
    requests: int = 0
    errors: int = 0
    bad_replies: int = 0


def backoff(errors: int, rng: random.Random, longest: float | None = None) -> float:
    """Seconds to wait after the ``errors``-th error in a row: 0.5, 1, 2, 4, 8, 8 less up to 25 %.

    ``longest`` takes the place of the 8 seconds.
    """
    longest = BACKOFF_LONGEST if longest is None else longest
    return min(BACKOFF_FIRST * 2 ** (errors - 1), longest) * (1 - 0.25 * rng.random())


def first_delays(places: int) -> list[float]:
    """Seconds after the start at which each of ``places`` takes its first item."""
    step = min(RAMP_STEP, RAMP_LONGEST / places)
    return [place * step for place in range(places)]


class Runner:
    """One run over ``items``. Use once."""

    def __init__(
        self,
        stage: Stage,
        client: ChatClient,
        failures: Failures,
        observer: Observer,
        settings: RunnerSettings,
        report: RunReport | None = None,
        server: ServerState | None = None,
    ) -> None:
        self._stage = stage
        self._client = client
        self._failures = failures
        self._observer = observer
        self._settings = settings
        self._rng = random.Random(0)
        self._waiting: list[tuple[float, int, _Attempt]] = []
        self._serial = itertools.count()
        self._server = server if server is not None else ServerState()
        self._tasks: list[asyncio.Task[None]] = []
        self.report = report if report is not None else RunReport()

    async def run(self, items: Iterator[Any]) -> RunReport:
        """Ask about every item. Returns also when stopped; the report then says why."""
        self._items: Iterator[Any] | None = items
        started = time.monotonic()
        self._observer.start()
        delays = first_delays(self._settings.concurrency)
        self._tasks = [asyncio.create_task(self._work(delay)) for delay in delays]
        try:
            await asyncio.gather(*self._tasks)
        except asyncio.CancelledError:
            if not (self.report.interrupted or self.report.error):
                raise
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.report.seconds = time.monotonic() - started
        return self.report

    def interrupt(self) -> None:
        """Stop now: requests in flight are dropped, what is written stays."""
        self.report.interrupted = True
        self._cancel()

    def _stop(self, error: PipelineError) -> None:
        if self.report.error is None:
            self.report.error = error
        self._cancel()

    def _cancel(self) -> None:
        self._items = None
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    async def _work(self, delay: float) -> None:
        await asyncio.sleep(delay)
        while (attempt := await self._next()) is not None:
            await self._ask(attempt)

    async def _next(self) -> _Attempt | None:
        """The next attempt that is due, waiting for it; None when there is nothing left."""
        while True:
            await self._server.open.wait()
            now = time.monotonic()
            if now < self._server.pause_until:
                await asyncio.sleep(self._server.pause_until - now)
                continue
            if self._waiting and self._waiting[0][0] <= now:
                return heapq.heappop(self._waiting)[2]
            # More waiting items than places would mean to run on through a server's bad spell.
            if self._items is not None and len(self._waiting) < self._settings.concurrency:
                item = next(self._items, None)
                if item is not None:
                    return _Attempt(item)
                self._items = None
            if not self._waiting:
                return None
            await asyncio.sleep(max(0.001, self._waiting[0][0] - now))

    async def _ask(self, attempt: _Attempt) -> None:
        try:
            request = self._stage.request(attempt.item, attempt.bad_replies)
        except ItemError as error:
            self._fail(attempt, error.reason, error.detail)
            return
        self.report.requests += 1
        attempt.requests += 1
        try:
            reply = await self._client.complete(request)
        except RequestFailed as failure:
            self._on_failure(attempt, failure)
            return
        self._server.note_reply()
        self.report.prompt_tokens += reply.prompt_tokens
        self.report.completion_tokens += reply.completion_tokens
        try:
            self._stage.accept(attempt.item, request, reply)
        except ReplyError as error:
            self._on_bad_reply(attempt, error, reply)
            return
        except OSError as error:
            self._stop(write_error(error))
            return
        self.report.done += 1
        self._observer.advance(self.report)

    def _on_bad_reply(self, attempt: _Attempt, error: ReplyError, reply: Reply) -> None:
        if isinstance(error, AskAgain):  # bounded by the stage, no fault of the server
            self._repeat(attempt, 0.0)
            return
        attempt.bad_replies += 1
        if error.repeatable and attempt.bad_replies <= self._settings.reply_retries:
            self._repeat(attempt, 0.0)
            return
        self._fail(
            attempt,
            error.reason,
            error.detail,
            finish_reason=reply.finish_reason,
            reply=reply.text,
            reasoning=reply.reasoning,
        )

    def _on_failure(self, attempt: _Attempt, failure: RequestFailed) -> None:
        if failure.fatal:
            self._stop(PipelineError(f"{_FATAL[failure.reason]} ({failure.detail})"))
        elif failure.reason == "unreachable":
            # Not the item's fault: it keeps its number of attempts.
            self._repeat(attempt, 0.0)
            self._outage(failure)
        elif not failure.transient or attempt.errors >= self._settings.max_retries:
            self._fail(attempt, failure.reason, failure.detail)
            self._server.failed_in_row += failure.transient
            many = max(20, 2 * self._settings.concurrency)
            if not failure.transient and self._server.note_rejection(failure.detail) == many:
                # No reason to stop: a run that goes on may begin with all that was too long before.
                self._observer.message(
                    f"the last {many} items were rejected in the same words ({failure.detail}); "
                    "Ctrl-C stops the run"
                )
            if self._server.failed_in_row >= many:
                self._stop(
                    PipelineError(
                        f"the last {self._server.failed_in_row} items failed at the server "
                        f"({failure.detail}); mend that and run the same command again"
                    )
                )
        else:
            attempt.errors += 1
            self._server.errors_in_row += 1
            # One error is chance; nothing but errors is a server that wants to be left alone.
            nothing_else = self._server.errors_in_row > self._settings.concurrency
            longest = BACKOFF_LONGEST if nothing_else else BACKOFF_ANSWERING
            wait = backoff(attempt.errors, self._rng, longest)
            if failure.retry_after is not None:
                wait = max(min(failure.retry_after, RETRY_AFTER_LONGEST), 0.001)
            self._repeat(attempt, wait)
            if nothing_else:
                self._server.pause_until = max(self._server.pause_until, time.monotonic() + wait)

    def _repeat(self, attempt: _Attempt, wait: float) -> None:
        self.report.repeats += 1
        due = time.monotonic() + wait
        heapq.heappush(self._waiting, (due, next(self._serial), attempt))

    def _fail(self, attempt: _Attempt, reason: str, detail: str, **extra: Any) -> None:
        extra["requests"] = attempt.requests
        try:
            self._failures.add(attempt.item.stem, reason, detail, **extra)
        except OSError as error:
            self._stop(write_error(error))
            return
        self.report.failed += 1
        self.report.reasons[reason] += 1
        self.report.details.setdefault(reason, detail)
        self._observer.advance(self.report)

    def _outage(self, failure: RequestFailed) -> None:
        """Hold all requests back and look for the server, once at a time."""
        if self._server.outage_since is None:
            self._server.outage_since = time.monotonic()
        if self._server.open.is_set():
            self._server.open.clear()
            self._tasks.append(asyncio.create_task(self._await_server(failure)))

    async def _await_server(self, failure: RequestFailed) -> None:
        # Counted from the last reply on, so that a server that comes and goes is bounded too.
        deadline = (self._server.outage_since or time.monotonic()) + self._settings.server_wait
        self._observer.message(
            f"the server does not answer ({failure.detail}); waiting up to "
            f"{max(0.0, deadline - time.monotonic()):.0f} s for it"
        )
        wait = 0.1
        while time.monotonic() < deadline:
            await asyncio.sleep(min(wait, max(0.0, deadline - time.monotonic())))
            wait = min(wait * 1.6, PROBE_LONGEST)
            with suppress(RequestFailed):
                await self._client.models()
                self._observer.message("the server is back")
                self._server.open.set()
                return
        self._stop(
            PipelineError(
                f"the server has not answered for {self._settings.server_wait:.0f} s; start it and "
                "run the same command again to go on"
            )
        )


_FATAL = {
    "refused_key": "the server refuses the key; pass the right one with --api-key",
    "not_found": "the server does not know the model or the address; check --model and --base-url",
    "quota_used_up": "the account has no quota left; top it up and run the same command again",
}


def write_error(error: OSError) -> PipelineError:
    """Disk full, no permission, folder gone: nothing half-written is left, the run can go on."""
    what = error.strerror or str(error)
    where = f" {error.filename}" if error.filename else ""
    return PipelineError(
        f"cannot write{where}: {what}; mend that and run the same command again to go on"
    )
