"""Who may ask: checks before any route, and headers and a log line after it.

A server on 127.0.0.1 can still be reached by any web page open in the user's browser. What keeps such
pages out: requests must name this server as their host (else a page whose name resolves to 127.0.0.1
is taken for it), bodies must be declared as JSON (which browsers let other sites send only with a
permission that is never given), and there is no CORS.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
import sys
import time
from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.responses import JSONResponse

from recipe_pipeline.serving.errors import ApiError
from recipe_pipeline.serving.settings import ServeSettings

PATHS = ("/", "/extract", "/v1/chat/completions", "/v1/models")

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
# Names that no one can register: of this machine, of local networks, of containers.
_LOCAL_SUFFIXES = ("localhost", "local", "internal", "home.arpa", "lan")


class Guard:
    """ASGI middleware around ``app``."""

    def __init__(self, app: Any, settings: ServeSettings) -> None:
        self._app = app
        self._key = settings.serve_key
        own = (settings.host, socket.gethostname(), *settings.allow_host.split(","))
        self._names = {name.strip().lower() for name in own if name.strip()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0

        async def send_on(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, send_on)
        except ApiError as error:
            response = JSONResponse(error.body(), error.status, error.headers)
            await response(scope, receive, send_on)
        finally:
            _log(scope, status, time.monotonic() - started)

    def _check(self, scope: Any) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not is_own_name(headers.get(b"host", ""), self._names):
            raise ApiError(
                403,
                "this server is not known under the name in the Host header: start it with "
                "--allow-host NAME",
                code="unknown_host",
            )
        if self._key is not None and scope["path"] != "/":
            given = headers.get(b"authorization", "")
            scheme, _, key = given.partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(
                key.strip().encode("latin-1"), self._key.encode()
            ):
                raise ApiError(401, "the API key is missing or wrong", code="invalid_api_key")
        if scope["method"] == "POST":
            kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise ApiError(415, "send JSON, with 'Content-Type: application/json'")


def is_own_name(host: str, names: Iterable[str]) -> bool:
    """Whether a Host header is an address, a name that only a local network has, or of ``names``."""
    name = host.strip().lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    name = name.rstrip(".")
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        pass
    is_local = bool(name) and ("." not in name or name.rpartition(".")[2] in _LOCAL_SUFFIXES)
    return is_local or name.endswith(".home.arpa") or name in set(names)


def _log(scope: Any, status: int, seconds: float) -> None:
    # Neither contents nor the paths of others: a path may hold anything.
    path = scope["path"] if scope["path"] in PATHS else "(another path)"
    method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD") else "(other)"
    line = f"{time.strftime('%H:%M:%S')} {method} {path} {status or 'hung up'} {seconds:.1f} s"
    print(line, file=sys.stderr, flush=True)
