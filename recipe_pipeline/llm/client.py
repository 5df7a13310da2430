"""One reply from an OpenAI-compatible server, through the official ``openai`` client."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from recipe_pipeline.common.errors import PipelineError
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
    """One chat completion; ``options`` are further fields of the request (temperature, seed)."""

    messages: list[dict[str, str]]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """``finish_reason`` is the server's ("stop", "length"); token counts are 0 if unknown;
    ``model`` is the one the server says has answered, "" if it does not say."""

    text: str
    reasoning: str | None
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int
    model: str = ""

    @property
    def usage(self) -> dict[str, int]:
        """Token counts as they are recorded beside a result."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
        }


class ChatClient:
    """One for a whole run, so that connections are reused; an asynchronous context manager."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._api = _open(settings)

    async def complete(self, request: ChatRequest) -> Reply:
        """The reply; raises RequestFailed. Never retries: that is the runner's decision."""
        from openai.types.chat import ChatCompletion

        body = {"model": self.settings.model, "messages": request.messages, **request.options}
        # Not chat.completions.create: walking its parameter types takes 40 % of a request's CPU time.
        call = self._api.post("/chat/completions", body=body, cast_to=ChatCompletion)
        return parse_completion(await self._ask(call, self.settings.timeout))

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

    async def _ask(self, call: Awaitable[Answer], timeout: float) -> Answer:
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
        return bad_response(f"the server's answer is not JSON ({shortened(str(error))})")
    return None


def parse_completion(answer: Any) -> Reply:
    """The first choice of a chat completion; raises RequestFailed if there is none."""
    try:
        choice, usage = answer.choices[0], answer.usage
        message = choice.message
        content = message.content
        extra = message.model_extra or {}
        reasoning = extra.get("reasoning_content") or extra.get("reasoning")
        counts = [
            int(getattr(usage, name, 0) or 0) for name in ("prompt_tokens", "completion_tokens")
        ]
    except (TypeError, IndexError, AttributeError, ValueError):
        text = answer.to_json(indent=None) if hasattr(answer, "to_json") else str(answer)
        raise bad_response(
            f"the server's answer is not a chat completion: {shortened(text)}"
        ) from None
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return Reply(
        text=_encodable(str(content or getattr(message, "refusal", None) or "")),
        reasoning=_encodable(reasoning) if isinstance(reasoning, str) else None,
        finish_reason=getattr(choice, "finish_reason", None),
        prompt_tokens=counts[0],
        completion_tokens=counts[1],
        model=_encodable(str(getattr(answer, "model", None) or ""))[:200],
    )


async def preflight(client: ChatClient) -> None:
    """Raises PipelineError if no request could succeed: no server, wrong key, unknown model."""
    settings = client.settings
    try:
        names = await client.models()
    except RequestFailed as failure:
        if failure.reason == "refused_key":
            raise PipelineError(
                f"the server at {settings.base_url} rejects the API key (HTTP {failure.status}); "
                "pass the right one with --api-key"
            ) from None
        if failure.reason == "wrong_address":
            raise PipelineError(
                f"--base-url {settings.base_url} is not the address of the API "
                f"({failure.detail}); most end in /v1"
            ) from None
        raise PipelineError(
            f"no server answers at {settings.base_url} ({failure.detail}); start one (LM Studio, "
            "vLLM, ... or python -m recipe_pipeline.offline_teacher) or pass --base-url"
        ) from None
    if not names or settings.model in names or f"{settings.model}:latest" in names:
        return
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    raise PipelineError(
        f"the server at {settings.base_url} has no model {settings.model}; pass one of its models "
        f"with --model: {shown}"
    )


def is_loopback(base_url: str) -> bool:
    """True for an address of this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _encodable(text: str) -> str:
    """``text`` without lone surrogates, which JSON can hold but UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
