"""The routes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.settings import ExtractionSettings
from recipe_pipeline.serving.answers import ChatAnswer, answer_chat, answer_extract
from recipe_pipeline.serving.chat_request import read_chat
from recipe_pipeline.serving.errors import Abandoned, ApiError, ModelFailed
from recipe_pipeline.serving.guard import Guard
from recipe_pipeline.serving.openai_format import chunks, completion, event, model_entry
from recipe_pipeline.serving.service import Service, Session
from recipe_pipeline.serving.settings import ServeSettings

_PAGE = Path(__file__).parent / "page.html"
_READ_TIMEOUT = 60.0
_MOST_READING = 16
"""Bodies that are read at a time: they may be large, and are not in the queue yet."""
_HEARTBEAT = 5.0
_CLOSE = {"Connection": "close"}
_MOST_DISCARDED = 10
"""Times the size limit: so much of a body that is too large is read, so that its sender, who reads
nothing before it has sent all, gets the answer."""


def create_app(service: Service, extraction: ExtractionSettings, serving: ServeSettings) -> Any:
    """The ASGI app."""
    ours = _Routes(service, extraction, serving)
    routes = [
        Route("/", ours.index),
        Route("/extract", ours.extract, methods=["POST"]),
        Route("/v1/chat/completions", ours.chat, methods=["POST"]),
        Route("/v1/models", ours.models),
    ]
    handlers = {404: _no_route, 405: _no_route, ApiError: _refused, Abandoned: _gone}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), serving)


class _Routes:
    """What each path answers."""

    def __init__(
        self, service: Service, extraction: ExtractionSettings, serving: ServeSettings
    ) -> None:
        self._service = service
        self._extraction = extraction
        self._allow_private = serving.allow_private
        self._reading = asyncio.Semaphore(_MOST_READING)
        self._page, self._page_headers = _page()

    async def index(self, _: Request) -> Response:
        return HTMLResponse(self._page, headers=self._page_headers)

    async def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [model_entry()]})

    async def chat(self, request: Request) -> Response:
        body = await self._body(request)
        task = read_chat(body)

        def work(session: Session) -> ChatAnswer:
            return answer_chat(task, session, self._extraction)

        # Accepted before the response begins: a full queue is a status, not an event.
        answer = self._service.start(_reported(work, 400), request.receive)
        if not body.get("stream"):
            return JSONResponse(completion(await answer))
        options = body.get("stream_options")
        with_usage = isinstance(options, dict) and bool(options.get("include_usage"))
        return StreamingResponse(_stream(answer, with_usage), media_type="text/event-stream")

    async def extract(self, request: Request) -> Response:
        body = await self._body(request)

        def work(session: Session) -> dict[str, Any]:
            return answer_extract(body, session, self._extraction, self._allow_private)

        return JSONResponse(await self._service.start(_reported(work, 422), request.receive))

    async def _body(self, request: Request) -> dict[str, Any]:
        return await _json(request, self._extraction.limits.max_bytes, self._reading)


async def _refused(_: Request, error: Any) -> Response:
    return JSONResponse(error.body(), error.status, error.headers)


async def _no_route(_: Request, error: Any) -> Response:
    body = ApiError(error.status_code, str(error.detail)).body()
    return JSONResponse(body, error.status_code, error.headers)


async def _gone(*_: Any) -> Response:
    return JSONResponse(None, 499)  # nobody reads it


def _reported(work: Callable[[Session], Any], status: int) -> Callable[[Session], Any]:
    """``work`` with its errors as ApiError; ``status`` is for what the page or its answer lack."""

    def run(session: Session) -> Any:
        try:
            return work(session)
        except (ApiError, Abandoned):
            raise
        except ModelFailed as error:
            raise ApiError(502, str(error), code="model_failed") from None
        except PipelineError as error:
            raise ApiError(status, str(error), code=getattr(error, "reason", None)) from None
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}, line {frame.lineno}"
            print(f"unexpected {type(error).__name__} ({place}): {error}", file=sys.stderr)
            raise ApiError(500, "unexpected error; the server's log has more") from None

    return run


async def _json(request: Request, limit: int, reading: asyncio.Semaphore) -> dict[str, Any]:
    """The body, a JSON object. Raises ApiError: 400, 408 if it does not arrive, 413 if it is too large."""
    content = bytearray()
    size = 0
    # Nothing is kept of a body that is announced as too large.
    room = limit if int(request.headers.get("content-length", 0)) <= limit else 0
    try:
        async with asyncio.timeout(_READ_TIMEOUT), reading:
            async for chunk in request.stream():
                size += len(chunk)
                if size <= room:
                    content += chunk
                else:
                    content.clear()
                    if size > limit * _MOST_DISCARDED:
                        break
    except TimeoutError:
        raise ApiError(408, "the body did not arrive in time", headers=_CLOSE) from None
    except ClientDisconnect:
        raise Abandoned from None
    if size > limit:
        raise ApiError(
            413, f"the body is larger than {limit / 1e6:g} MB (--max-page-mb)", headers=_CLOSE
        )
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        # Not JSON, not UTF-8, a number with thousands of digits, or nesting that is too deep.
        raise ApiError(400, "the body is not valid JSON") from None
    if not isinstance(data, dict):
        raise ApiError(400, "the body is not a JSON object")
    return data


async def _stream(answer: asyncio.Task[ChatAnswer], with_usage: bool) -> AsyncIterator[str]:
    """The events of a streamed answer, with comments while there is none yet."""
    try:
        while not (await asyncio.wait((answer,), timeout=_HEARTBEAT))[0]:
            yield ": working\n\n"
        for text in chunks(answer.result(), with_usage):
            yield text
    except ApiError as error:
        yield event(error.body())
    except Abandoned:
        pass
    finally:
        answer.cancel()


def _page() -> tuple[str, dict[str, str]]:
    """The page of ``/``, and headers under which the browser runs its script and no other."""
    html = _PAGE.read_text(encoding="utf-8")
    hashes = {}
    for tag in ("style", "script"):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = hashlib.sha256(content.encode()).digest()
        hashes[tag] = base64.b64encode(digest).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; "
        f"script-src 'sha256-{hashes['script']}'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, {"Content-Security-Policy": policy, "X-Frame-Options": "DENY"}
