"""One reply from an OpenAI-compatible server: text, reasoning, usage; and what can go wrong.

The ``openai`` client does the HTTP. Its own repeats are off, because the runner must know that a
request waits: it gives the place of a waiting request to another one (see `generation`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.errors import PipelineError

PREFLIGHT_TIMEOUT = 10.0
CONNECT_TIMEOUT = 10.0
_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})


@dataclass(frozen=True)
class ServerSettings:
    """Where to ask. ``timeout`` is the longest time in seconds that one request may take."""

    base_url: str
    model: str
    api_key: str
    timeout: float = 600.0
    connections: int = 8

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise PipelineError(
                f"--base-url {self.base_url} is no web address; it looks like http://localhost:1234/v1"
            )
        if self.timeout <= 0:
            raise PipelineError(f"--timeout {self.timeout:g} is not above 0 seconds")


@dataclass(frozen=True)
class ChatRequest:
    """One chat completion; ``options`` are further fields of the request (temperature, seed)."""

    messages: list[dict[str, str]]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """``finish_reason`` is the server's ("stop", "length"); token counts are 0 when unknown."""

    text: str
    reasoning: str | None
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int


class RequestFailed(Exception):
    """A request without a reply. ``reason`` is a slug; ``status`` the HTTP status, if any.

    ``transient`` means that asking again may help, ``fatal`` that no other request will fare
    better. ``retry_after`` is the server's wish in seconds.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        status: int | None = None,
        transient: bool = False,
        fatal: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.transient = transient
        self.fatal = fatal
        self.retry_after = retry_after


class ChatClient:
    """Asynchronous; one for a whole run, so that connections are used again."""

    def __init__(self, settings: ServerSettings) -> None:
        import openai

        self.settings = settings
        self._openai = openai
        limits = type(openai.DEFAULT_CONNECTION_LIMITS)(
            max_connections=settings.connections + 2,
            max_keepalive_connections=settings.connections + 2,
            keepalive_expiry=30.0,
        )
        timeout = openai.Timeout(settings.timeout, connect=CONNECT_TIMEOUT)
        self._client = openai.AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key or "none",
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAsyncHttpxClient(limits=limits, timeout=timeout),
        )

    async def complete(self, request: ChatRequest) -> Reply:
        """The reply; raises RequestFailed."""
        body = {"model": self.settings.model, "messages": request.messages, **request.options}
        try:
            # The untyped call: the typed one builds models that drop nothing we need but cost as
            # much CPU as the request itself.
            answer = await asyncio.wait_for(
                self._client.post("/chat/completions", body=body, cast_to=object),
                self.settings.timeout,
            )
        except (asyncio.TimeoutError, self._openai.APITimeoutError):
            raise RequestFailed(
                "timeout",
                f"no reply within {self.settings.timeout:g} s (--timeout)",
                transient=True,
            ) from None
        except (self._openai.APIError, ValueError) as error:
            raise self._failure(error) from None
        return parse_completion(answer)

    async def models(self) -> list[str] | None:
        """Names of the server's models; None when it has no such list. Raises RequestFailed."""
        try:
            answer = await asyncio.wait_for(
                self._client.get("/models", cast_to=object), PREFLIGHT_TIMEOUT
            )
        except (asyncio.TimeoutError, self._openai.APITimeoutError):
            raise RequestFailed("timeout", "the server does not answer", transient=True) from None
        except (self._openai.APIError, ValueError) as error:
            failure = self._failure(error)
            if failure.status in (404, 405, 501):
                return None
            raise failure from None
        return parse_model_list(answer)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _failure(self, error: Exception) -> RequestFailed:
        if isinstance(error, self._openai.APIStatusError):
            response = error.response
            return status_failure(response.status_code, response.headers, response.text)
        if isinstance(error, self._openai.APIConnectionError):
            cause = error.__cause__
            kind = type(cause).__name__
            detail = f"{kind}: {cause}" if str(cause) else kind
            if kind in ("ConnectError", "ConnectTimeout"):
                return RequestFailed("unreachable", detail, transient=True)
            return RequestFailed("connection_dropped", detail, transient=True)
        detail = f"the server's answer is no JSON ({error})"
        return RequestFailed("bad_response", detail, transient=True)


def status_failure(status: int, headers: Mapping[str, str], body: str) -> RequestFailed:
    """What an HTTP error status means for the run."""
    detail = f"HTTP {status}: {_error_text(body)}"
    if status in (401, 403):
        return RequestFailed("refused_key", detail, status=status, fatal=True)
    if status == 404:
        return RequestFailed("not_found", detail, status=status, fatal=True)
    if status == 429 and "insufficient_quota" in body:
        return RequestFailed("quota_used_up", detail, status=status, fatal=True)
    if status >= 500 or status in _TRANSIENT_STATUS:
        reason = "rate_limited" if status == 429 else "server_error"
        wait = retry_after_seconds(headers)
        return RequestFailed(reason, detail, status=status, transient=True, retry_after=wait)
    return RequestFailed("rejected", detail, status=status)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``retry-after-ms`` or ``Retry-After`` (RFC 9110: seconds or a date)."""
    import email.utils
    import time

    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) * scale)
        except ValueError:
            date = email.utils.parsedate_tz(value)
            if date is not None:
                return max(0.0, email.utils.mktime_tz(date) - time.time())
    return None


def parse_completion(answer: Any) -> Reply:
    """The first choice of a chat completion; raises RequestFailed when there is none."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        content, usage = message.get("content"), answer.get("usage") or {}
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        tokens = [int(usage.get(key) or 0) for key in ("prompt_tokens", "completion_tokens")]
    except (TypeError, KeyError, IndexError, AttributeError, ValueError):
        detail = f"the server's answer is no chat completion: {str(answer)[:200]}"
        raise RequestFailed("bad_response", detail, transient=True) from None
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    text = content or message.get("refusal") or ""
    return Reply(
        text=_encodable(str(text)),
        reasoning=_encodable(reasoning) if isinstance(reasoning, str) else None,
        finish_reason=choice.get("finish_reason"),
        prompt_tokens=tokens[0],
        completion_tokens=tokens[1],
    )


def parse_model_list(answer: Any) -> list[str] | None:
    """Model names of a ``GET /models`` answer; None when it is no such list."""
    try:
        return [str(model["id"]) for model in answer["data"]]
    except (TypeError, KeyError):
        return None


async def preflight(client: ChatClient) -> None:
    """Raises PipelineError when no request could succeed: no server, wrong key, unknown model."""
    settings = client.settings
    try:
        names = await client.models()
    except RequestFailed as failure:
        if failure.reason == "refused_key":
            raise PipelineError(
                f"the server at {settings.base_url} refuses the key (HTTP {failure.status}); "
                "pass the right one with --api-key"
            ) from None
        raise PipelineError(
            f"no server answers at {settings.base_url} ({failure.detail}); start it (LM Studio, "
            "vLLM, ... or python -m recipe_pipeline.offline_teacher) or pass --base-url"
        ) from None
    if not names or settings.model in names or f"{settings.model}:latest" in names:
        return
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    raise PipelineError(
        f"the server at {settings.base_url} has no model {settings.model}; pass --model with one "
        f"that it has: {shown}"
    )


def _error_text(body: str) -> str:
    """The message of an error body, at most 300 characters."""
    import json

    try:
        data = json.loads(body)
        error = data.get("error", data)
        text = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        text = body
    return " ".join(str(text).split())[:300]


def _encodable(text: str) -> str:
    """``text`` without lone surrogates, which JSON can hold but UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
