"""Runs requests in threads, a bounded number at a time, and ends them when the server stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.generator import Generator, OnAnswer
from recipe_pipeline.serving.errors import Abandoned, ApiError, ModelFailed

MAX_WAITING = 16
"""Requests that wait for a thread; the next one is told to come back later."""

RETRY_AFTER = 10
"""Seconds."""

Result = TypeVar("Result")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Session:
    """The model, as the thread of one request sees it: it waits for its turn."""

    def __init__(self, model: Generator, turns: threading.Semaphore) -> None:
        self._model, self._turns = model, turns
        self.context_length = model.context_length
        self.is_abandoned = False
        """Whether nobody waits for this request any more."""

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        return self._model.count_tokens(text)

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
    ) -> list[str]:
        """See ``models.generator.Generator.generate``. Raises ModelFailed and Abandoned."""
        with self._turns:
            if self.is_abandoned:
                raise Abandoned
            try:
                answers = self._model.generate(posts, max_new_tokens, repeat=repeat)
            except PipelineError as error:
                raise ModelFailed(str(error)) from error
        # Others have their turn while these answers are checked.
        for position, answer in enumerate(answers):
            if on_answer is not None:
                on_answer(position, answer)
        return answers


class Service:
    """Everything that the routes share. Use it in one event loop."""

    def __init__(self, model: Generator) -> None:
        self.model = model
        self._turns = threading.Semaphore(model.parallel)
        # More threads than posts at a time: pages are read while the model answers others.
        threads = model.parallel + 2
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._room = threads + MAX_WAITING
        self._unfinished: set[Future[Any]] = set()
        self._stopping = False
        self._aborted = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        """Whether a thread is still at work, perhaps for a client that is gone."""
        return bool(self._unfinished)

    def start(self, work: Callable[[Session], Result], receive: Receive) -> asyncio.Task[Result]:
        """A task with the result of ``work(session)``, which runs in a thread.

        ``receive`` is the client's, whose request has been read. Raises ApiError: 503 if the server is
        stopping, 429 if too many requests wait. The task raises what ``work`` raises, Abandoned if
        the client is gone, and ApiError (503) after `abort`.
        """
        if self._stopping:
            raise _stopping()
        if len(self._unfinished) >= self._room:
            raise ApiError(
                429,
                f"{MAX_WAITING} requests are waiting already: try again in {RETRY_AFTER} seconds",
                code="queue_full",
                headers={"Retry-After": str(RETRY_AFTER)},
            )
        session = Session(self.model, self._turns)
        future = self._pool.submit(work, session)
        # It leaves when its thread is free, not when the client has gone: a model cannot be interrupted.
        self._unfinished.add(future)
        future.add_done_callback(self._unfinished.discard)
        return asyncio.create_task(self._wait(session, future, receive))

    async def _wait(self, session: Session, future: Future[Result], receive: Receive) -> Result:
        result = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(_hung_up(receive))
        aborted = asyncio.ensure_future(self._aborted.wait())
        try:
            await asyncio.wait((result, gone, aborted), return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return result.result()
            raise _stopping() if aborted.done() else Abandoned
        finally:
            session.is_abandoned = True
            for task in (gone, aborted, result):
                task.cancel()

    def stop(self) -> None:
        """Accept nothing more; what runs goes on until `abort`."""
        self._stopping = True

    def abort(self) -> None:
        """End what still runs: its clients get a 503."""
        self._stopping = True
        self._aborted.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _hung_up(receive: Receive) -> None:
    """Returns when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _stopping() -> ApiError:
    return ApiError(503, "the server is stopping", code="stopping")
