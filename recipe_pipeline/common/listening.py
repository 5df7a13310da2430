"""A socket to serve on."""

from __future__ import annotations

import errno
import socket

from recipe_pipeline.common.errors import PipelineError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises PipelineError, in one sentence, if it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        # Python puts the address into the message once more.
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while")[0]
        advice = "check --host and --port"
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            advice = "stop the program that uses it, or choose another --port"
        raise PipelineError(f"cannot listen on {host}:{port} ({reason}): {advice}") from None
