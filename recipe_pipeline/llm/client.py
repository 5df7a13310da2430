"""One reply from an OpenAI-compatible server, through the official ``openai`` client."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from recipe_pipeline.llm.completion import Reply, parse_completion
from recipe_pipeline.llm.errors import (
    RequestFailed,
    bad_response,
    connection_failure,
    shortened,
    status_failure,
)
from recipe_pipeline.llm.settings import ServerSettings

CONNECT_TIMEOUT = 10.0
PREFLIGHT_TIMEOUT = 10.0
KEEP_ALIVE = 30.0

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ChatRequest:
    """One chat completion; ``options`` are further fields of the request (temperature, seed), which
    --extra-body may change."""

    messages: list[dict[str, str]]
    options: Mapping[str, Any] = field(default_factory=dict)


class ChatClient:
    """One for a whole run, so that connections are reused; an asynchronous context manager."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._api = _open(settings)

    async def complete(self, request: ChatRequest, max_retries: int = 0) -> Reply:
        """The reply; raises RequestFailed. The runner of many requests retries by itself."""
        from openai.types.chat import ChatCompletion

        body = {
            "model": self.settings.model,
            "messages": request.messages,
            **self.settings.fields(request.options),
        }
        # Not chat.completions.create: walking its parameter types takes 40 % of a request's CPU time.
        retries = {"max_retries": max_retries}
        call = self._api.post(
            "/chat/completions", body=body, cast_to=ChatCompletion, options=retries
        )
        try:
            return parse_completion(await self._ask(call, self.settings.timeout))
        except RequestFailed as failure:
            failure.name_refused(body)
            failure.hide(self.settings.api_key)
            raise

    async def models(self) -> list[str] | None:
        """Names of the server's models; None if it does not list them. Raises RequestFailed."""
        from openai import BaseModel

        # Not models.list, which raises AttributeError for an answer that is not an object.
        call = self._api.get("/models", cast_to=BaseModel)
        try:
            page = await self._ask(call, PREFLIGHT_TIMEOUT)
        except RequestFailed as failure:
            if failure.status in (404, 405, 501):
                return None
            raise
        if isinstance(page, str):
            raise bad_response(f"the answer is not a list of models: {shortened(page)}")
        try:
            return [str(model["id"]) for model in page.data]
        except (TypeError, KeyError, AttributeError):
            error = getattr(page, "error", None)
        if error and not self.settings.base_url.rstrip("/").endswith("/v1"):
            # LM Studio answers any path with status 200, and unknown ones with an error in it.
            raise RequestFailed("wrong_address", shortened(str(error)))
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def __aenter__(self) -> ChatClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, call: Awaitable[Answer], timeout: float) -> Answer | str:
        try:
            # The client's own timeout only limits a pause within the reply.
            async with asyncio.timeout(timeout):
                return await call
        except Exception as error:
            failure = _failure(error, timeout)
            if failure is None:
                raise
            failure.hide(self.settings.api_key)
            raise failure from None


def _open(settings: ServerSettings) -> Any:
    import openai

    # Two more than the requests in flight: the probe for a lost server must not queue.
    connections = settings.concurrency + 2
    limits = type(openai.DEFAULT_CONNECTION_LIMITS)(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=KEEP_ALIVE,
    )
    timeout = openai.Timeout(None, connect=CONNECT_TIMEOUT)
    return openai.AsyncOpenAI(
        base_url=settings.base_url,
        api_key=settings.api_key or "none",
        max_retries=0,
        timeout=timeout,
        # aiohttp takes half the CPU time of httpx, whose pool slows down with its connections.
        http_client=openai.DefaultAioHttpClient(
            limits=limits,
            timeout=timeout,
            # A proxy cannot reach a server on this machine.
            trust_env=not is_loopback(settings.base_url),
        ),
    )


def _failure(error: Exception, timeout: float) -> RequestFailed | None:
    """What ``error`` means for the run; None for an error in this program."""
    import aiohttp
    import openai

    if isinstance(error, TimeoutError):
        return RequestFailed("timeout", f"no reply within {timeout:g} s", transient=True)
    if isinstance(error, openai.APIStatusError):
        return status_failure(error)
    # Of aiohttp's errors, openai's backend lets through those about an answer that is not HTTP.
    if isinstance(error, openai.APIConnectionError | aiohttp.ClientError | OSError):
        return connection_failure(error)
    if isinstance(error, openai.APIError | ValueError | RecursionError):
        body = getattr(error, "doc", error)
        return bad_response(f"the server's answer is not JSON ({shortened(str(body))})")
    return None


def is_loopback(base_url: str) -> bool:
    """True for an address of this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
