"""Each way that a benchmark compares runs in a process of its own: they share no memory, no caches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from recipe_pipeline.common.errors import first_line


def in_new_process(function: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """``function(*arguments)``, or {"failed": why}."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            return {"failed": "killed by the system, most likely for memory"}
        except Exception as error:
            return {"failed": f"{type(error).__name__}: {first_line(error)}"}
