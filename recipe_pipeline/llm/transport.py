"""JSON over HTTP to an OpenAI-compatible server, in two ways that behave alike.

``aiohttp`` is the default. A run sends tens of thousands of requests that differ in their messages
only, and there the official client costs six times the CPU (measured: 5.7 ms against 0.9 ms a
request, 2.2 s against 0.5 s for the import), which delays the next request of every slot. The
``openai`` client can be chosen where its set-up is wanted.

Neither repeats a request on its own: the runner must know that a request waits, to give its place
to another one (see `request_runner`).
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
from typing import Any, Protocol
from urllib.parse import urlsplit

from recipe_pipeline import __version__
from recipe_pipeline.llm.errors import (
    RequestFailed,
    connection_failure,
    json_failure,
    status_failure,
    timeout_failure,
)

CONNECT_TIMEOUT = 10.0
KEEP_ALIVE = 30.0
CLIENTS = ("aiohttp", "openai")


class Transport(Protocol):
    """One set of connections; made and used within one event loop."""

    async def send(self, path: str, body: Any, timeout: float) -> Any:
        """JSON answer to a POST of ``body``, to a GET when it is None; raises RequestFailed."""

    async def close(self) -> None:
        """Close the connections."""


class AiohttpTransport:
    """``aiohttp``: a parser in C and a pool whose cost does not grow with its connections."""

    def __init__(self, base_url: str, api_key: str, connections: int) -> None:
        import aiohttp

        self._aiohttp = aiohttp
        self._base_url = base_url.rstrip("/")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections,
                keepalive_timeout=KEEP_ALIVE,
                ssl=_ssl_context() if base_url.startswith("https:") else True,
            ),
            headers={
                "Authorization": f"Bearer {api_key or 'none'}",
                "Content-Type": "application/json",
                "User-Agent": f"recipe-pipeline/{__version__}",
            },
            # A proxy is no help on the way to this machine itself.
            trust_env=not is_loopback(base_url),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def send(self, path: str, body: Any, timeout: float) -> Any:
        """See `Transport.send`."""
        aiohttp = self._aiohttp
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(CONNECT_TIMEOUT, timeout))
        try:
            async with self._session.request(
                method, self._base_url + path, data=data, timeout=limits
            ) as response:
                answer = await response.read()
                if response.status >= 400:
                    text = answer.decode("utf-8", "replace")
                    raise status_failure(response.status, response.headers, text)
        except aiohttp.ClientConnectorError as error:
            raise connection_failure(error, unreachable=True) from None
        except aiohttp.ConnectionTimeoutError as error:
            raise connection_failure(error, unreachable=True) from None
        except (TimeoutError, aiohttp.ServerTimeoutError):
            raise timeout_failure(timeout) from None
        except (aiohttp.ClientError, OSError) as error:
            raise connection_failure(error, unreachable=False) from None
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise json_failure(error) from None

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._session.close()


class OpenAITransport:
    """The official ``openai`` client, by its untyped calls."""

    def __init__(self, base_url: str, api_key: str, connections: int) -> None:
        import openai

        self._openai = openai
        limits = type(openai.DEFAULT_CONNECTION_LIMITS)(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=KEEP_ALIVE,
        )
        # wait_for limits the whole request; this one would only limit a pause within it.
        timeout = openai.Timeout(None, connect=CONNECT_TIMEOUT)
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAsyncHttpxClient(
                limits=limits, timeout=timeout, trust_env=not is_loopback(base_url)
            ),
        )

    async def send(self, path: str, body: Any, timeout: float) -> Any:
        """See `Transport.send`."""
        openai, client = self._openai, self._client
        if body is None:
            request = client.get(path, cast_to=object)
        else:
            request = client.post(path, body=body, cast_to=object)
        try:
            return await asyncio.wait_for(request, timeout)
        except (TimeoutError, openai.APITimeoutError):
            raise timeout_failure(timeout) from None
        except openai.APIStatusError as error:
            response = error.response
            raise status_failure(response.status_code, response.headers, response.text) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            unreachable = type(cause).__name__ in ("ConnectError", "ConnectTimeout")
            raise connection_failure(cause, unreachable) from None
        except (openai.APIError, ValueError, RecursionError) as error:
            raise json_failure(error) from None

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._client.close()


def open_transport(client: str, base_url: str, api_key: str, connections: int) -> Transport:
    """Connections by the named client, one of `CLIENTS`."""
    kind = OpenAITransport if client == "openai" else AiohttpTransport
    return kind(base_url, api_key, connections)


def is_loopback(base_url: str) -> bool:
    """True for an address of this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _ssl_context() -> Any:
    """The system's certificates, and where it has none (Python on macOS) those of ``certifi``."""
    import ssl

    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_FILE"):
        try:
            import certifi
        except ImportError:
            return context
        context.load_verify_locations(certifi.where())
    return context


__all__ = ["CLIENTS", "RequestFailed", "Transport", "is_loopback", "open_transport"]
