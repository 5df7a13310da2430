"""Ctrl-C, SIGTERM and the limit of open files."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recipe_pipeline.common.errors import PipelineError

Handler = Callable[[int, Any], Any]


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let ``kill``, and a scheduler that ends a job, stop the work as Ctrl-C does."""
    with _handlers({signal.SIGTERM: signal.default_int_handler}):
        yield


@contextmanager
def stop_signals(on_stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call ``on_stop`` in the main thread; a second one ends the process."""

    def handle(_number: int, _frame: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        on_stop()

    with _handlers({signal.SIGINT: handle, signal.SIGTERM: handle}):
        yield


@contextmanager
def _handlers(handlers: dict[int, Handler]) -> Iterator[None]:
    # Only the main thread can handle signals; in another one nothing changes.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def allow_open_files(connections: int) -> None:
    """Raise the limit of open files (256 on macOS, 1,024 on Linux) if connections need more.

    Raises PipelineError if the system does not allow it. Windows has no such limit.
    """
    try:
        import resource
    except ImportError:
        return
    needed = connections + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise PipelineError(
            f"--concurrency {connections} needs {needed} open files, but the system allows {hard}; "
            "raise the limit (ulimit -n) or lower --concurrency"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
