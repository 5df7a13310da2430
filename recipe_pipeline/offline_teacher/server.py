"""An OpenAI-compatible HTTP server (chat completions) around the offline teacher.

Format: https://platform.openai.com/docs/api-reference/chat. Supported: ``messages``, ``seed``,
``max_tokens``/``max_completion_tokens``, ``stream``; sampling parameters are accepted and have no
effect. Token counts are counts of words and punctuation marks: there is no tokenizer here.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm.settings import ServerSettings
from recipe_pipeline.offline_teacher.answers import Answer, NotUnderstood, answer
from recipe_pipeline.offline_teacher.memory import Memory

if TYPE_CHECKING:
    from starlette.applications import Starlette

TEACHER_MODEL = "offline-teacher"
REASONING_PLACES = ("content", "reasoning_content", "reasoning")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_START_TIMEOUT = 30.0


@dataclass(frozen=True)
class TeacherSettings:
    """``memory_path`` None: nothing is kept after the end.

    ``length`` scales the prose around recipes; with ``max_length`` each post draws its own between
    the two.
    """

    memory_path: Path | None = None
    reasoning_place: str = "content"
    length: float = 1.0
    max_length: float | None = None

    def __post_init__(self) -> None:
        if self.reasoning_place not in REASONING_PLACES:
            raise PipelineError(
                f"reasoning place {self.reasoning_place!r} is none of {', '.join(REASONING_PLACES)}"
            )
        if not 0 <= self.length <= 20:
            raise PipelineError(f"--length {self.length} is not between 0 and 20")
        if self.max_length is not None and not self.length <= self.max_length <= 20:
            raise PipelineError(f"--max-length {self.max_length} is not between --length and 20")

    @property
    def lengths(self) -> float | tuple[float, float]:
        return self.length if self.max_length is None else (self.length, self.max_length)


def count_tokens(text: str) -> int:
    """Words and punctuation marks; an estimate of what a tokenizer would count."""
    return len(_TOKEN.findall(text))


def cut_to_tokens(text: str, limit: int) -> tuple[str, bool]:
    """``text`` up to ``limit`` tokens, and whether something was cut off."""
    for number, match in enumerate(_TOKEN.finditer(text), 1):
        if number > limit:
            return text[: match.start()].rstrip(), True
    return text, False


class _BadRequest(ValueError):
    """Carries the sentence for a 400 answer."""


def _read_request(body: Any) -> tuple[list[dict[str, Any]], int, int | None]:
    """(messages, seed, token limit) of a request body, checked."""
    if not isinstance(body, dict):
        raise _BadRequest("the body is no JSON object")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(item, dict) for item in messages):
        raise _BadRequest("'messages' is no list of objects")
    seed = body.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise _BadRequest("'seed' is no integer")
    if body.get("n") not in (None, 1):
        raise _BadRequest("only one choice (n = 1) is supported")
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise _BadRequest("'max_tokens' is no positive integer")
    return messages, seed or 0, limit


def _message(reply: Answer, place: str, limit: int | None) -> tuple[dict[str, Any], str, int]:
    """(assistant message, finish reason, completion tokens) with the reasoning where it belongs."""
    content, extra = reply.content, {}
    if reply.reasoning and place == "content":
        content = f"<think>\n{reply.reasoning}\n</think>\n\n{content}"
    elif reply.reasoning:
        extra[place] = reply.reasoning
    used = count_tokens(extra.get(place, ""))
    cut = False
    if limit is not None:
        content, cut = cut_to_tokens(content, max(limit - used, 0))
    message = {"role": "assistant", "content": content, **extra}
    return message, "length" if cut else "stop", used + count_tokens(content)


def complete(body: Any, memory: Memory, settings: TeacherSettings) -> dict[str, Any]:
    """The chat completion for a request body. Raises ValueError with a sentence for the client."""
    messages, seed, limit = _read_request(body)
    reply = answer(messages, seed, memory, settings.lengths)
    message, finish_reason, completion = _message(reply, settings.reasoning_place, limit)
    prompt = sum(count_tokens(str(item.get("content") or "")) for item in messages)
    digest = hashlib.sha256(f"{seed} {message}".encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "id": f"chatcmpl-{digest[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": TEACHER_MODEL,  # whatever was asked for: data must not claim another author
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }


def stream_events(completion: dict[str, Any]) -> Iterator[str]:
    """``completion`` as server-sent events: the message, the finish reason with usage, [DONE]."""
    choice = completion["choices"][0]
    head = {key: completion[key] for key in ("id", "created", "model")}
    head["object"] = "chat.completion.chunk"
    first = {"index": 0, "delta": choice["message"], "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    yield f"data: {json.dumps({**head, 'choices': [first]})}\n\n"
    yield f"data: {json.dumps({**head, 'choices': [last], 'usage': completion['usage']})}\n\n"
    yield "data: [DONE]\n\n"


def create_app(settings: TeacherSettings, memory: Memory | None = None) -> Starlette:
    """The ASGI app; opens the memory that ``settings`` name unless one is given."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route

    store = memory or Memory(settings.memory_path)

    def failure(sentence: str, status: int) -> Response:
        error = {"message": sentence, "type": "invalid_request_error", "param": None, "code": None}
        return JSONResponse({"error": error}, status_code=status)

    async def chat(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            completion = complete(body, store, settings)
        except (NotUnderstood, _BadRequest) as error:
            return failure(str(error), 400)
        except (ValueError, RecursionError):
            # No JSON, no UTF-8, numbers of thousands of digits, brackets nested without end.
            return failure("the body is no JSON that can be read", 400)
        if body.get("stream"):
            return StreamingResponse(stream_events(completion), media_type="text/event-stream")
        return JSONResponse(completion)

    async def models(_: Request) -> Response:
        names = (ServerSettings.model, TEACHER_MODEL)
        return JSONResponse({"object": "list", "data": [_model(name) for name in names]})

    async def model(request: Request) -> Response:
        return JSONResponse(_model(request.path_params["name"]))

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/v1/models", models),
            Route("/v1/models/{name:path}", model),
        ]
    )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": TEACHER_MODEL}


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise PipelineError(
            f"cannot listen on {host}:{port} ({error}); stop what uses it or choose another --port"
        ) from error
    return listener


def serve(settings: TeacherSettings, host: str, port: int) -> None:
    """Serve until interrupted. Raises PipelineError when the port is taken."""
    import uvicorn

    listener = _bind(host, port)
    app = create_app(settings)
    print(
        "Offline teacher: composes posts and labels from templates. It is no language model: it "
        "understands nothing and answers stages 2 and 3 only.\n"
        f"Serving http://{host}:{listener.getsockname()[1]}/v1 (Ctrl-C stops it), memory: "
        f"{settings.memory_path or 'none'}",
        flush=True,
    )
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def running_teacher(
    settings: TeacherSettings | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """A teacher in a thread of this process; yields its base URL (``http://127.0.0.1:PORT/v1``).

    ``port`` 0 takes a free one. Without ``settings`` nothing is remembered after the end.
    """
    import uvicorn

    listener = _bind(host, port)
    settings = settings or TeacherSettings()
    memory = Memory(settings.memory_path)
    config = uvicorn.Config(create_app(settings, memory), log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + _START_TIMEOUT
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise PipelineError("the offline teacher did not start; run it by hand to see why")
            time.sleep(0.01)
        yield f"http://{host}:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        memory.close()
