"""A loopback OpenAI-compatible server that behaves like a batch of GPU slots.

It serves ``slots`` requests at a time, ``service`` seconds each; others queue in order of arrival. A
share of the requests fails: 429 with ``Retry-After: 1``, 500, or a dropped connection. Whether a
request fails depends on its row and on the number of earlier requests for that row, so every client
sees the same faults.

Written on `asyncio.Protocol`, because it shares two cores with what it measures: a request costs it
about 0.1 ms. ``GET /stats`` returns the counts, ``GET /rows`` the requests per recipe, ``POST
/reset`` starts over.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.signals import allow_open_files

MODEL = "bench"
_ROW = re.compile(rb"benchmark dish number (\d+)")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_POST = (
    "This is the dish my family asks for every single week, and it never gets old. "
    "Chop what needs chopping, put it all into a pot, let it simmer and serve it hot. "
) * 12


@dataclass
class State:
    """Setup and counts of one measurement."""

    slots: int = 64
    service: float = 0.5
    fault_share: float = 0.0
    first: float = 0.0
    last: float = 0.0
    requests: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    repeated: int = 0
    busy: int = 0
    most_open: int = 0
    queue: deque[tuple[Any, int, int]] = field(default_factory=deque)

    def stats(self) -> dict[str, Any]:
        """The counts that `benchmarks.generation` prints."""
        return {
            "first": self.first,
            "span": self.last - self.first,
            "requests": sum(self.requests.values()),
            "rows_answered": len(self.answered),
            "repeated": self.repeated,
            "most_connections": self.most_open,
        }


def faulty(row: int, attempt: int, share: float) -> int | None:
    """Kind of fault (0, 1, 2) of the ``attempt``-th request for a row, or None."""
    if share <= 0:
        return None
    digest = hashlib.sha256(f"{row}/{attempt}".encode()).digest()
    if int.from_bytes(digest[:4], "big") / 2**32 >= share:
        return None
    return digest[4] % 3


def _response(status: str, body: bytes, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{extra}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def completion_body(content: str) -> bytes:
    """A chat completion with ``content`` and 400 + 400 tokens."""
    answer = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 400, "completion_tokens": 400, "total_tokens": 800},
    }
    return json.dumps(answer).encode()


_MODELS = _response("200 OK", json.dumps({"object": "list", "data": [{"id": MODEL}]}).encode())
_DONE = _response("200 OK", completion_body(_POST))
_TOO_MANY = _response(
    "429 Too Many Requests", b'{"error":{"message":"slow"}}', "Retry-After: 1\r\n"
)
_BROKEN = _response("500 Internal Server Error", b'{"error":{"message":"out of memory"}}')


class Connection(asyncio.Protocol):
    """One client connection; HTTP/1.1 with keep-alive, no pipelining."""

    open = 0

    def __init__(self, state: State) -> None:
        self.state = state
        self.buffer = b""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        Connection.open += 1
        self.state.most_open = max(self.state.most_open, Connection.open)

    def connection_lost(self, exc: Exception | None) -> None:
        Connection.open -= 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        length = _LENGTH.search(head)
        if length and len(body) < int(length[1]):
            return
        self.buffer = b""
        if b"/chat/completions" in head[:60]:
            self._completion(body)
        else:
            self._other(head, body)

    def _other(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"POST /reset"):
            self.state.__init__(**json.loads(body))  # type: ignore[misc]
            self.transport.write(_response("200 OK", b"{}"))
        elif head.startswith(b"GET /stats"):
            self.transport.write(_response("200 OK", json.dumps(self.state.stats()).encode()))
        elif head.startswith(b"GET /rows"):
            self.transport.write(_response("200 OK", json.dumps(self.state.requests).encode()))
        else:
            self.transport.write(_MODELS)

    def _completion(self, body: bytes) -> None:
        state = self.state
        match = _ROW.search(body)
        if match is None:  # a client's trial request, not one of the recipes
            self.transport.write(_DONE)
            return
        row = int(match[1])
        state.requests[row] += 1
        state.repeated += row in state.answered
        state.first = state.first or time.monotonic()
        job = (self, row, state.requests[row])
        if state.busy < state.slots:
            _serve(state, job)
        else:
            state.queue.append(job)


def _serve(state: State, job: tuple[Connection, int, int]) -> None:
    """Occupy a slot. A fault occurs after a tenth of the service time and frees the slot."""
    state.busy += 1
    fault = faulty(job[1], job[2], state.fault_share)
    seconds = state.service if fault is None else state.service / 10
    asyncio.get_running_loop().call_later(seconds, _finish, state, job, fault)


def _finish(state: State, job: tuple[Connection, int, int], fault: int | None) -> None:
    connection, row, _ = job
    state.busy -= 1
    while state.queue:
        waiting = state.queue.popleft()
        if not waiting[0].transport.is_closing():  # else the client has given up
            _serve(state, waiting)
            break
    if connection.transport.is_closing():
        return
    state.last = time.monotonic()
    if fault is None:
        state.answered[row] += 1
        connection.transport.write(_DONE)
    elif fault == 0:
        connection.transport.write(_TOO_MANY)
    elif fault == 1:
        connection.transport.write(_BROKEN)
    else:
        connection.transport.abort()


async def serve() -> None:
    """Serve at a free port, which is printed first, until the process ends."""
    state = State()
    with contextlib.suppress(PipelineError):
        allow_open_files(8_000)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
