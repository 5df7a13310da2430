"""A socket to serve on."""

from __future__ import annotations

import errno
import os
import socket

from recipe_pipeline.common.errors import PipelineError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises PipelineError, in one sentence, if it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        code = getattr(error, "errno", None) or 0
        # Python puts the address into the message once more.
        reason = os.strerror(code) if code > 0 else getattr(error, "strerror", None) or str(error)
        advice = "check --host and --port"
        if code == errno.EADDRINUSE:
            advice = "stop the program that uses it, or choose another --port"
        raise PipelineError(f"cannot listen on {host}:{port} ({reason}): {advice}") from None
