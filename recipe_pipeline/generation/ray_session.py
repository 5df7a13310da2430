"""Start or join Ray, quietly, and leave it again."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from recipe_pipeline.common.errors import PipelineError

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no telemetry
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else a warning about a future release
    "RAY_COLOR_PREFIX": "0",
}

_JOIN_HINT = (
    "check 'ray status' there, and set RAY_AUTH_MODE=token when the cluster asks for a token"
)


def require_ray() -> None:
    """Raises PipelineError if Ray is not installed."""
    _set_environment()
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise PipelineError(
            f"--engine ray needs Ray ({error}); install it with "
            "pip install -r requirements-scale.txt"
        ) from None


@contextmanager
def ray_session(address: str | None, workers: int) -> Iterator[None]:
    """A Ray on this machine (``address`` None) or the cluster at ``address``.

    One that the caller has started is used and left running. Raises PipelineError.
    """
    _set_environment()
    import ray
    import ray.exceptions

    if address:
        _check_address(address)
    if ray.is_initialized():
        yield
        return
    # One core per worker, however many the machine has: workers mostly wait for the server.
    local: dict[str, Any] = {"num_cpus": workers + 1, "include_dashboard": False}
    try:
        # Ray records the command line of a job in the cluster's tables; ours may hold a key.
        with mock.patch("ray._private.utils.get_entrypoint_name", return_value="recipe_pipeline"):
            ray.init(
                address=address or "local",
                logging_level=logging.ERROR,
                **({} if address else local),
            )
    except (ray.exceptions.RayError, RuntimeError, ValueError, OSError) as error:
        where = f"join the Ray cluster at {address}" if address else "start Ray on this machine"
        hint = _JOIN_HINT if address else "see ray's message"
        raise PipelineError(f"cannot {where} ({_first_line(error)}); {hint}") from None
    try:
        yield
    finally:
        ray.shutdown()


def raise_interrupt() -> None:
    """For `stop_signals`: SIGTERM ends a run as Ctrl-C does."""
    raise KeyboardInterrupt


def _check_address(address: str) -> None:
    """Raises PipelineError if nothing listens there; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # "auto": Ray looks for a cluster on this machine, which is quick
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise PipelineError(
            f"nothing answers at --ray-address {address} ({error}); start the cluster with "
            "ray start --head --port 6379 or correct the address"
        ) from None


def workers_lost(error: Exception) -> PipelineError:
    """An error of Ray that ended the run, in a sentence."""
    return PipelineError(
        f"the Ray workers gave up ({_first_line(error)}); check Ray's logs, then run the same "
        "command again to continue"
    )


def _first_line(error: Exception) -> str:
    """The most telling line: the last one of a remote traceback, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return (lines[-1] if "Traceback" in str(error) else lines[0])[:300]


def _set_environment() -> None:
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
