"""An OpenAI-compatible HTTP server for chat completions, answered by the offline teacher.

Format: https://platform.openai.com/docs/api-reference/chat. Only ``messages`` and ``seed`` count;
other parameters are accepted and ignored. An answer comes whole and in one piece.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.listening import listen
from recipe_pipeline.llm.settings import ServerSettings
from recipe_pipeline.offline_teacher.answers import NotUnderstood, answer
from recipe_pipeline.offline_teacher.memory import Memory
from recipe_pipeline.offline_teacher.settings import MODEL, TeacherSettings

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

_START_TIMEOUT = 30.0


class ChatRequest(BaseModel):
    """What the teacher reads of a request."""

    messages: list[dict[str, Any]]
    seed: int | None = None


def complete(request: ChatRequest, memory: Memory, settings: TeacherSettings) -> dict[str, Any]:
    """The chat completion for a request. Raises NotUnderstood with a message for the client."""
    content = answer(
        request.messages, request.seed or 0, memory, settings.lengths, settings.breadth
    )
    prompt = sum(_count_tokens(str(item.get("content") or "")) for item in request.messages)
    completion = _count_tokens(content)
    message = {"role": "assistant", "content": content}
    return {
        "id": f"chatcmpl-{MODEL}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,  # whatever was requested: data must not claim another author
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }


def _count_tokens(text: str) -> int:
    """Words and punctuation marks, an estimate of a tokenizer's count."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def create_app(settings: TeacherSettings, memory: Memory | None = None) -> Starlette:
    """The ASGI app; opens the memory named in ``settings`` unless one is given."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    store = memory or Memory(settings.memory_path)

    async def chat(request: Request) -> Response:
        try:
            body = ChatRequest.model_validate_json(await request.body())
            return JSONResponse(complete(body, store, settings))
        except NotUnderstood as error:
            reason = str(error)
        except ValidationError as error:
            reason = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}"
                for fault in error.errors()
            )
        fault = {"message": reason, "type": "invalid_request_error", "param": None, "code": None}
        return JSONResponse({"error": fault}, status_code=400)

    async def models(_: Request) -> Response:
        listed = [{"id": name, "object": "model"} for name in (ServerSettings.model, MODEL)]
        return JSONResponse({"object": "list", "data": listed})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/v1/models", models),
        ]
    )


def _server(settings: TeacherSettings, memory: Memory | None = None) -> uvicorn.Server:
    import uvicorn

    app = create_app(settings, memory)
    return uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))


def serve(settings: TeacherSettings, host: str, port: int) -> None:
    """Serve until interrupted. Raises PipelineError if the port is taken."""
    listener = listen(host, port)
    server = _server(settings)
    print(
        "Offline teacher: composes posts from templates and remembers their labels. It is not a "
        "language model and only answers stages 2 and 3.\n"
        f"Serving http://{host}:{listener.getsockname()[1]}/v1 (Ctrl-C stops it), memory: "
        f"{settings.memory_path or 'none'}",
        flush=True,
    )
    server.run(sockets=[listener])


@contextmanager
def running_teacher(settings: TeacherSettings | None = None) -> Iterator[str]:
    """Run a teacher in a thread of this process; yields its base URL (``http://127.0.0.1:PORT/v1``).

    Without ``settings`` the memory is lost at the end.
    """
    settings = settings or TeacherSettings()
    listener = listen("127.0.0.1", 0)
    memory = Memory(settings.memory_path)
    server = _server(settings, memory)
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
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        memory.close()
