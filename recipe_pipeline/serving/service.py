"""Runs requests in threads, a bounded number at a time, and ends them when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from recipe_pipeline.serving.errors import Abandoned, ApiError
from recipe_pipeline.serving.shared_model import Session, SharedModel

MAX_WAITING = 16
"""Requests that wait for a thread; the next one is told to come back later."""

RETRY_AFTER = 10
"""Seconds."""

Result = TypeVar("Result")


class Service:
    """Everything that the routes share. Use it in one event loop."""

    def __init__(self, model: SharedModel) -> None:
        self.model = model
        # More threads than posts at a time: pages are read while the model answers others.
        threads = model.together + 2
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._room = threads + MAX_WAITING
        self._stopping = False
        self._aborted = asyncio.Event()
        self._sessions: set[Session] = set()

    def start(
        self, work: Callable[[Session], Result], disconnected: Coroutine[Any, Any, None]
    ) -> asyncio.Task[Result]:
        """A task with the result of ``work(session)``, which runs in a thread.

        ``disconnected`` completes when the client is gone. Raises ApiError: 503 if the server is
        stopping, 429 if too many requests wait. The task raises what ``work`` raises, Abandoned if
        the client is gone, and ApiError (503) after `abort`.
        """
        problem = None
        if self._stopping:
            problem = _stopping()
        elif len(self._sessions) >= self._room:
            problem = ApiError(
                429,
                f"{MAX_WAITING} requests are waiting already: try again in {RETRY_AFTER} seconds",
                code="queue_full",
                headers={"Retry-After": str(RETRY_AFTER)},
            )
        if problem is not None:
            disconnected.close()
            raise problem
        session = self.model.session()
        future = self._submit(work, session)
        return asyncio.create_task(self._wait(session, future, disconnected))

    async def _wait(
        self,
        session: Session,
        future: Future[Result],
        disconnected: Coroutine[Any, Any, None],
    ) -> Result:
        result = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(disconnected)
        aborted = asyncio.ensure_future(self._aborted.wait())
        try:
            await asyncio.wait((result, gone, aborted), return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return result.result()
            raise _stopping() if aborted.done() else Abandoned
        finally:
            session.abandon()
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

    def _submit(self, work: Callable[[Session], Result], session: Session) -> Future[Result]:
        loop = asyncio.get_running_loop()
        self._sessions.add(session)
        future = self._pool.submit(work, session)

        def forget(_: Future[Result]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._sessions.discard, session)

        # When the thread is free, not when the client has gone: a model cannot be interrupted.
        future.add_done_callback(forget)
        return future


def _stopping() -> ApiError:
    return ApiError(503, "the server is stopping", code="stopping")
