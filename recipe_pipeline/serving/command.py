"""``08_extract.py --serve``: load the model, listen, answer until Ctrl-C."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.listening import listen
from recipe_pipeline.extraction.models import load_model
from recipe_pipeline.extraction.settings import STDIN, ExtractionSettings
from recipe_pipeline.models.generator import Generator
from recipe_pipeline.models.llama_server import parallel_answers
from recipe_pipeline.serving.service import Service
from recipe_pipeline.serving.settings import KEY_VARIABLE, ServeSettings

if TYPE_CHECKING:
    import uvicorn

GRACE = 10
"""Seconds that requests in flight get after Ctrl-C."""

_LIMIT_CONNECTIONS = 256
_PARALLEL = 2
"""Posts at a time: with more, each has few cores, and most of the time only one is asked for."""

_KEEP_ALIVE = 75
"""Seconds before an idle connection is closed: longer than clients (5 s in httpx) and proxies (60 s in
nginx) keep one. If the server closes first, it may do so just as the next request arrives."""


def serve(extraction: ExtractionSettings, serving: ServeSettings) -> int:
    """Serve until interrupted; returns the exit code.

    Raises PipelineError if the model cannot be loaded or the port is taken.
    """
    if extraction.source != STDIN or extraction.output is not None:
        raise PipelineError("--serve takes neither a SOURCE nor --output: clients send the pages")
    listener = listen(serving.host, serving.port)
    with listener:
        service = Service(load_model(extraction, min(_PARALLEL, parallel_answers())))
        _announce(service.model, listener, serving)
        with suppress(KeyboardInterrupt):
            asyncio.run(make_server(service, extraction, serving).serve(sockets=[listener]))
    print("stopped", file=sys.stderr, flush=True)
    if service.is_busy:
        # llama.cpp cannot be interrupted, and the interpreter would wait for its thread.
        os._exit(0)
    return 0


def make_server(
    service: Service, extraction: ExtractionSettings, serving: ServeSettings
) -> uvicorn.Server:
    """The server; ``serve(sockets=[...])`` runs it until SIGINT, SIGTERM or its ``should_exit``."""
    import uvicorn

    from recipe_pipeline.serving.app import create_app

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: Any = None) -> None:
            # Requests in flight are answered; those that take longer are told.
            service.stop()
            timer = asyncio.get_running_loop().call_later(GRACE, service.abort)
            await super().shutdown(sockets)
            timer.cancel()
            service.abort()

    config = uvicorn.Config(
        create_app(service, extraction, serving),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_LIMIT_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE + 5,
        ws="none",
    )
    return Server(config)


def _announce(model: Generator, listener: socket.socket, serving: ServeSettings) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    lines = [f"Serving {model.name} (Ctrl-C stops it)"]
    if ipaddress.ip_address(host).is_unspecified:
        shown = "127.0.0.1"
        lines.append(
            f"{serving.host} means that every machine that can reach this one may ask it"
            + (
                "."
                if serving.serve_key
                else f"; require a key with --serve-key or ${KEY_VARIABLE}."
            )
        )
    lines += [
        f"  page to try it   http://{shown}:{port}/",
        f"  OpenAI base URL  http://{shown}:{port}/v1"
        + ("" if serving.serve_key else "  (no API key needed)"),
    ]
    if serving.allow_private:
        lines.append("  --allow-private: clients can make it fetch pages of this network.")
    print("\n".join(lines), file=sys.stderr, flush=True)
