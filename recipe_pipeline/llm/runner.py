"""Many items through one server: bounded concurrency, retries, outages, failures.

Items are pulled from an iterator as slots become free, so memory does not depend on their number.
An item that waits for its retry gives its slot to another one. The stage writes each result the
moment its reply arrives; finished items are never requested again.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.progress import RunReport
from recipe_pipeline.llm.client import ChatClient
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.errors import RequestFailed
from recipe_pipeline.llm.outage import BACKOFF_LONGEST, Outage, backoff
from recipe_pipeline.llm.pace import Pace
from recipe_pipeline.llm.replies import ReplyError, TryAgain
from recipe_pipeline.llm.settings import RunnerSettings
from recipe_pipeline.llm.stage import ItemError, Stage, StageRun, write_error

BACKOFF_ANSWERING = 2.0
"""Longest pause in seconds while the server answers other requests: the error was bad luck then, and
longer pauses would only delay the end of the run."""
RETRY_AFTER_LONGEST = 600.0
RAMP_STEP, RAMP_LONGEST = 0.0015, 0.1
"""Seconds between the first requests, and for all of them. Requests sent at once are answered at once,
and then their replies wait for each other in every round."""

_FATAL = {
    "refused_key": "the server rejects the API key; pass the right one with --api-key",
    "not_found": "the server does not know the model or the path; check --model and --base-url",
    "quota_used_up": "the account has no quota left; top it up and run the same command again",
}


@dataclass
class _Attempt:
    """An item on its way, with what has gone wrong so far."""

    item: Any
    requests: int = 0
    errors: int = 0
    bad_replies: int = 0


class Runner:
    """One run over ``items``. Use once."""

    def __init__(
        self,
        stage: Stage,
        client: ChatClient,
        run: StageRun,
        settings: RunnerSettings,
    ) -> None:
        self._stage = stage
        self._client = client
        self._run = run
        self._settings = settings
        self._slots = client.settings.concurrency
        self.report = run.report
        self._rng = random.Random(0)
        self._waiting: list[tuple[float, int, _Attempt]] = []  # a heap: due time, serial number
        self._serial = itertools.count()
        self._tasks: list[asyncio.Task[None]] = []
        self._outage = Outage(client, run.progress, settings.server_wait, self._stop)
        self._pace = Pace(self._slots)
        self._answered = False
        self._errors_in_row = 0
        self._failed_in_row = 0

    async def run(self, items: Iterator[Any]) -> RunReport:
        """Request every item. Also returns when stopped; the report then says why."""
        self._items: Iterator[Any] | None = items
        started = time.monotonic()
        self._run.progress.start()
        step = min(RAMP_STEP, RAMP_LONGEST / self._slots)
        self._tasks = [asyncio.create_task(self._work(n * step)) for n in range(self._slots)]
        try:
            await asyncio.gather(*self._tasks)
        except asyncio.CancelledError:
            if not (self.report.interrupted or self.report.error):
                raise
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, *self._outage.cancel(), return_exceptions=True)
            self.report.seconds = time.monotonic() - started
        return self.report

    def interrupt(self) -> None:
        """Stop now: requests in flight are dropped, finished results stay."""
        self.report.interrupted = True
        self._cancel()

    def _stop(self, error: PipelineError) -> None:
        self.report.error = self.report.error or error
        self._cancel()

    def _cancel(self) -> None:
        self._items = None
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    async def _work(self, delay: float) -> None:
        await asyncio.sleep(delay)
        while (attempt := await self._next()) is not None:
            await self._request(attempt)

    async def _next(self) -> _Attempt | None:
        """The next attempt that is due, after waiting for it; None if nothing is left."""
        while True:
            await self._outage.wait()
            now = time.monotonic()
            if self._waiting and self._waiting[0][0] <= now:
                return heapq.heappop(self._waiting)[2]
            # With more items waiting than slots, new ones would only meet the same trouble.
            if self._items is not None and len(self._waiting) < self._slots:
                item = next(self._items, None)
                if item is not None:
                    return _Attempt(item)
                self._items = None
            if not self._waiting:
                return None
            await asyncio.sleep(max(0.001, self._waiting[0][0] - now))

    async def _request(self, attempt: _Attempt) -> None:
        try:
            request = self._stage.request(attempt.item, attempt.bad_replies)
        except ItemError as error:
            self._fail(attempt, error.reason, error.detail)
            return
        self.report.requests += 1
        attempt.requests += 1
        try:
            async with self._pace as sent_at:
                reply = await self._client.complete(request)
        except RequestFailed as failure:
            if failure.reason == "timeout":
                self._slow_down(sent_at)
            self._on_failure(attempt, failure)
            return
        self._pace.answered()
        self._outage.over()
        self._answered = True
        self._errors_in_row = self._failed_in_row = 0
        self.report.prompt_tokens += reply.prompt_tokens
        self.report.completion_tokens += reply.completion_tokens
        try:
            self._stage.accept(attempt.item, request, reply)
        except ReplyError as error:
            self._on_bad_reply(attempt, error, reply)
        except OSError as error:
            self._stop(write_error(error))
        else:
            self._run.done()

    def _on_bad_reply(self, attempt: _Attempt, error: ReplyError, reply: Reply) -> None:
        if isinstance(error, TryAgain):  # the stage limits how often
            self._retry(attempt, 0.0)
            return
        attempt.bad_replies += 1
        if error.repeatable and attempt.bad_replies <= self._settings.reply_retries:
            self._retry(attempt, 0.0)
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
        elif failure.reason in ("unreachable", "loading"):
            # Not the item's fault: it keeps its number of retries.
            self._retry(attempt, 0.0)
            self._outage.begin(failure)
        elif failure.transient and attempt.errors < self._settings.max_retries:
            self._back_off(attempt, failure)
        else:
            self._fail(attempt, failure.reason, failure.detail)
            # A server that has never answered refuses something that all requests have in common.
            self._failed_in_row += failure.transient or not self._answered
            if self._failed_in_row >= max(20, 2 * self._slots):
                self._stop(
                    PipelineError(
                        f"the last {self._failed_in_row} items failed at the server "
                        f"({failure.detail}); fix that and run the same command again"
                    )
                )

    def _back_off(self, attempt: _Attempt, failure: RequestFailed) -> None:
        # "Too many requests" while others are being answered is not the item's fault.
        if failure.reason != "rate_limited" or not self._pace.in_flight:
            attempt.errors += 1
        self._errors_in_row += 1
        # One error is bad luck; nothing but errors is a server that needs a rest.
        only_errors = self._errors_in_row > self._slots
        longest = BACKOFF_LONGEST if only_errors else BACKOFF_ANSWERING
        wait = backoff(attempt.requests, self._rng, longest)
        if failure.retry_after is not None:
            wait = max(min(failure.retry_after, RETRY_AFTER_LONGEST), 0.001)
        self._retry(attempt, wait)
        if only_errors:
            self._outage.pause(wait)

    def _retry(self, attempt: _Attempt, wait: float) -> None:
        self.report.repeats += 1
        due = time.monotonic() + wait
        heapq.heappush(self._waiting, (due, next(self._serial), attempt))

    def _fail(self, attempt: _Attempt, reason: str, detail: str, **extra: Any) -> None:
        try:
            self._run.fail(attempt.item.stem, reason, detail, **extra, requests=attempt.requests)
        except OSError as error:
            self._stop(write_error(error))

    def _slow_down(self, sent_at: float) -> None:
        if self._pace.timed_out(sent_at):
            self._run.progress.message(
                f"no reply within {self._client.settings.timeout:g} s: only {self._pace.allowed} "
                "requests in flight from now on (--concurrency, --timeout)"
            )
