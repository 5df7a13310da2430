"""Chat completions as OpenAI's clients expect them.

Format: https://platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from recipe_pipeline.serving.answers import ChatAnswer

MODEL = "recipe-extractor"
"""The name of the model for clients; they may send any other."""


def completion(answer: ChatAnswer) -> dict[str, Any]:
    """The response to a request without ``stream``."""
    message = {"role": "assistant", "content": answer.content}
    return {
        **_head("chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": _usage(answer),
    }


def chunks(answer: ChatAnswer, include_usage: bool) -> Iterator[str]:
    """The events of a streamed response. The answer is checked as a whole, so it comes as a whole."""
    head = _head("chat.completion.chunk")
    usage = {"usage": None} if include_usage else {}
    delta = {"role": "assistant", "content": answer.content}
    first = {"index": 0, "delta": delta, "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield event({**head, "choices": [first], **usage})
    yield event({**head, "choices": [last], **usage})
    if include_usage:
        yield event({**head, "choices": [], "usage": _usage(answer)})
    yield "data: [DONE]\n\n"


def event(data: dict[str, Any]) -> str:
    """``data`` as a server-sent event."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def model_entry() -> dict[str, Any]:
    """The model in ``/v1/models``."""
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": "recipe-pipeline"}


def _head(kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
    }


def _usage(answer: ChatAnswer) -> dict[str, int]:
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
    }
