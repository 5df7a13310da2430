"""Ctrl-C, SIGTERM and the limit of open files."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recipe_pipeline.common.errors import PipelineError


@contextmanager
def stop_signals(on_stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call ``on_stop`` in the main thread; a second one ends the process.

    In another thread than the main one, which cannot take signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def handle(number: int, _frame: Any) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_DFL)
        on_stop()

    for number in numbers:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def allow_open_files(connections: int) -> None:
    """Raise the limit of open files (256 on macOS, 1,024 on Linux) when connections need more.

    Raises PipelineError when the system does not allow it. Windows has no such limit.
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
