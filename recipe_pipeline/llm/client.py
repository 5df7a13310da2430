"""One reply from an OpenAI-compatible server: text, reasoning, usage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm.errors import RequestFailed, shortened
from recipe_pipeline.llm.transport import CLIENTS, Transport, open_transport

__all__ = [
    "ChatClient",
    "ChatRequest",
    "Reply",
    "RequestFailed",
    "ServerSettings",
    "parse_completion",
    "parse_model_list",
    "preflight",
]

PREFLIGHT_TIMEOUT = 10.0


@dataclass(frozen=True)
class ServerSettings:
    """Where to ask. ``timeout`` is the longest time in seconds that one request may take,
    ``client`` what does the HTTP (see `llm_transport`)."""

    base_url: str
    model: str
    api_key: str = field(repr=False)  # no traceback and no log is to show it
    timeout: float = 600.0
    connections: int = 8
    client: str = CLIENTS[0]

    def __post_init__(self) -> None:
        _check_address(self.base_url)
        # A key read from a file often ends in a line break.
        object.__setattr__(self, "api_key", self.api_key.strip())
        if not re.fullmatch(r"[\x20-\x7e]*", self.api_key):
            raise PipelineError(
                "--api-key holds a line break or another character that no key has; copy it again"
            )
        if self.client not in CLIENTS:
            raise PipelineError(f"--client {self.client} is none of {', '.join(CLIENTS)}")
        if self.timeout <= 0:
            raise PipelineError(f"--timeout {self.timeout:g} is not above 0 seconds")


@dataclass(frozen=True)
class ChatRequest:
    """One chat completion; ``options`` are further fields of the request (temperature, seed)."""

    messages: list[dict[str, str]]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """``finish_reason`` is the server's ("stop", "length"); token counts are 0 when unknown;
    ``model`` is the one that the server says has answered, "" when it says nothing."""

    text: str
    reasoning: str | None
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int
    model: str = ""


class ChatClient:
    """Asynchronous; one for a whole run, so that connections are used again.

    Connections are opened with the first request, in the event loop of that request.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._transport: Transport | None = None

    async def complete(self, request: ChatRequest) -> Reply:
        """The reply; raises RequestFailed."""
        body = {"model": self.settings.model, "messages": request.messages, **request.options}
        with self._hiding_the_key():
            answer = await self._send("/chat/completions", body, self.settings.timeout)
            return parse_completion(answer)

    async def models(self) -> list[str] | None:
        """Names of the server's models; None when it has no such list. Raises RequestFailed."""
        try:
            with self._hiding_the_key():
                answer = await self._send("/models", None, PREFLIGHT_TIMEOUT)
        except RequestFailed as failure:
            if failure.status in (404, 405, 501):
                return None
            raise
        names = parse_model_list(answer)
        stray = not self.settings.base_url.rstrip("/").endswith("/v1")
        if names is None and stray and isinstance(answer, dict) and "error" in answer:
            # LM Studio answers any address with status 200, and with an error where nothing is.
            raise RequestFailed("wrong_address", shortened(str(answer["error"])))
        return names

    async def close(self) -> None:
        """Close the connections."""
        if self._transport is not None:
            await self._transport.close()
            self._transport = None

    async def _send(self, path: str, body: Any, timeout: float) -> Any:
        if self._transport is None:
            settings = self.settings
            # Two more than the requests in flight: the watch for a lost server must not queue.
            self._transport = open_transport(
                settings.client, settings.base_url, settings.api_key, settings.connections + 2
            )
        return await self._transport.send(path, body, timeout)

    @contextmanager
    def _hiding_the_key(self) -> Iterator[None]:
        try:
            yield
        except RequestFailed as failure:
            failure.hide(self.settings.api_key)
            raise


def _check_address(base_url: str) -> None:
    """Raises PipelineError for what cannot be the address of a server."""
    if "@" in base_url:
        raise PipelineError(
            "--base-url holds a name or password before the @; leave it out and pass the server's "
            "key with --api-key"
        )
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets without an IPv6 address, a port above 65535
        usable = False
    if not usable:
        raise PipelineError(
            f"--base-url {base_url} is no web address; it looks like http://localhost:1234/v1"
        )


def parse_completion(answer: Any) -> Reply:
    """The first choice of a chat completion; raises RequestFailed when there is none."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        content, usage = message.get("content"), answer.get("usage") or {}
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        tokens = [int(usage.get(key) or 0) for key in ("prompt_tokens", "completion_tokens")]
    except (TypeError, KeyError, IndexError, AttributeError, ValueError):
        detail = f"the server's answer is no chat completion: {shortened(str(answer))}"
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
        model=_encodable(str(answer.get("model") or ""))[:200],
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
        if failure.reason == "wrong_address":
            raise PipelineError(
                f"--base-url {settings.base_url} is not the API's address ({failure.detail}); most "
                "end in /v1"
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


def _encodable(text: str) -> str:
    """``text`` without lone surrogates, which JSON can hold but UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
