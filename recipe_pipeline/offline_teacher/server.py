"""An OpenAI-compatible HTTP server for chat completions, answered by the offline teacher.

Format: https://platform.openai.com/docs/api-reference/chat. Supported: ``messages``, ``seed``,
``max_tokens``/``max_completion_tokens``, ``stream``; sampling parameters are accepted and ignored.
Token counts are counts of words and punctuation marks, as there is no tokenizer.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.listening import listen
from recipe_pipeline.llm.settings import ServerSettings
from recipe_pipeline.offline_teacher.answers import Answer, NotUnderstood, answer
from recipe_pipeline.offline_teacher.memory import Memory
from recipe_pipeline.offline_teacher.settings import MODEL, TeacherSettings

if TYPE_CHECKING:
    from starlette.applications import Starlette

_TOKEN = re.compile(r"\w+|[^\w\s]")
_START_TIMEOUT = 30.0


def count_tokens(text: str) -> int:
    """Words and punctuation marks, an estimate of a tokenizer's count."""
    return len(_TOKEN.findall(text))


def cut_to_tokens(text: str, limit: int) -> tuple[str, bool]:
    """The first ``limit`` tokens of ``text``, and whether anything was cut off."""
    for number, match in enumerate(_TOKEN.finditer(text), 1):
        if number > limit:
            return text[: match.start()].rstrip(), True
    return text, False


class _BadRequest(ValueError):
    """Carries the message of an HTTP 400 response."""


def _read_request(body: Any) -> tuple[list[dict[str, Any]], int, int | None]:
    """(messages, seed, token limit) of a request body, checked."""
    if not isinstance(body, dict):
        raise _BadRequest("the body is not a JSON object")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(item, dict) for item in messages):
        raise _BadRequest("'messages' is not a list of objects")
    seed = body.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise _BadRequest("'seed' is not an integer")
    if body.get("n") not in (None, 1):
        raise _BadRequest("only one choice (n = 1) is supported")
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise _BadRequest("'max_tokens' is not a positive integer")
    return messages, seed or 0, limit


def _message(reply: Answer, place: str, limit: int | None) -> tuple[dict[str, Any], str, int]:
    """(assistant message, finish reason, completion tokens), with the reasoning in ``place``."""
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
    """The chat completion for a request body. Raises ValueError with a message for the client."""
    messages, seed, limit = _read_request(body)
    reply = answer(messages, seed, memory, settings.lengths, settings.breadth)
    message, finish_reason, completion = _message(reply, settings.reasoning_place, limit)
    prompt = sum(count_tokens(str(item.get("content") or "")) for item in messages)
    digest = hashlib.sha256(f"{seed} {message}".encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "id": f"chatcmpl-{digest[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,  # whatever was requested: data must not claim another author
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
    """The ASGI app; opens the memory named in ``settings`` unless one is given."""
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
            # Not JSON, not UTF-8, a number with thousands of digits, or nesting that is too deep.
            return failure("the body is not valid JSON", 400)
        if body.get("stream"):
            return StreamingResponse(stream_events(completion), media_type="text/event-stream")
        return JSONResponse(completion)

    async def models(_: Request) -> Response:
        names = (ServerSettings.model, MODEL)
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
    return {"id": name, "object": "model", "created": 0, "owned_by": MODEL}


def serve(settings: TeacherSettings, host: str, port: int) -> None:
    """Serve until interrupted. Raises PipelineError if the port is taken."""
    import uvicorn

    listener = listen(host, port)
    app = create_app(settings)
    print(
        "Offline teacher: composes posts from templates and remembers their labels. It is not a "
        "language model and only answers stages 2 and 3.\n"
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
    """Run a teacher in a thread of this process; yields its base URL (``http://127.0.0.1:PORT/v1``).

    ``port`` 0 picks a free one. Without ``settings`` the memory is lost at the end.
    """
    import uvicorn

    listener = listen(host, port)
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
                raise PipelineError(
                    "the offline teacher did not start; run python -m recipe_pipeline.offline_teacher to"
                    " see why"
                )
            time.sleep(0.01)
        yield f"http://{host}:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        memory.close()
