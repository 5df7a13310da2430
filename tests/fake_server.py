"""A scripted OpenAI-compatible server on loopback that can fail in every way a real one does.

    with FakeServer(lambda call: Text("hello")) as server:
        ... server.base_url ... server.calls ...

The script gets each `Call` and returns the response or fault. Plain asyncio in a thread rather than an
ASGI server, so that it can drop connections, send garbage, and disappear and return on its port.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KEY = "lm-studio"
MODEL = "unsloth/Qwen3-14B-unsloth-bnb-4bit"


@dataclass
class Call:
    """A chat completion request; ``number`` counts from 0, ``repeat`` earlier requests with the same
    messages."""

    number: int
    body: dict[str, Any]
    repeat: int

    @property
    def user(self) -> str:
        """Text of the user turn."""
        return self.body["messages"][-1]["content"]


@dataclass
class Text:
    """A normal reply."""

    content: str | None
    reasoning_content: str | None = None
    reasoning: str | None = None
    finish_reason: str = "stop"
    delay: float = 0.0
    model: str = MODEL


@dataclass
class Status:
    """An HTTP error."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"error": {"message": "scripted failure"}}'


@dataclass
class Drop:
    """Close the connection without an answer."""


@dataclass
class Hang:
    """Never answer."""


@dataclass
class Hold:
    """Answer with ``then`` once ``until`` is set."""

    until: threading.Event
    then: Text


@dataclass
class Trickle:
    """A 200 whose body arrives byte by byte and never ends."""

    pause: float


@dataclass
class Garbage:
    """A 200 whose body is not a chat completion."""

    body: bytes = b"<html>gateway</html>"


Script = Callable[[Call], "Text | Status | Drop | Hang | Hold | Trickle | Garbage"]


class FakeServer:
    """Runs within ``with``; `stop` and `start` simulate an outage on the same port."""

    def __init__(self, script: Script, models: list[str] | None = None, key: str = KEY) -> None:
        self.script = script
        self.models: list[str] | None = [MODEL] if models is None else models
        self.key = key
        self.list_script: Callable[[], Status | None] | None = None
        self.calls: list[Call] = []
        self.model_lists = 0
        self.connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.port = 0
        self._seen: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.base_events.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> FakeServer:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(self) -> None:
        """Listen (again)."""
        self._call(self._listen())

    def stop(self) -> None:
        """Refuse connections and drop the open ones."""
        self._call(self._vanish())

    def stop_soon(self, back: threading.Event) -> None:
        """Disappear now and return once ``back`` is set; may be called from the script."""

        async def outage() -> None:
            await self._vanish()
            while not back.is_set():
                await asyncio.sleep(0.01)
            await self._listen()

        self._outage = asyncio.run_coroutine_threadsafe(outage(), self._loop)

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=2**24, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _vanish(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        current = asyncio.current_task()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in asyncio.all_tasks():
            if task is not current and getattr(task.get_coro(), "__name__", "") == "_serve":
                task.cancel()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.connections += 1
        with contextlib.suppress(
            asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError
        ):
            # A connection may be accepted before an outage and get here during it.
            while self._server is not None and await self._answer_one(reader, writer):
                pass
        self._writers.discard(writer)
        writer.transport.abort() if not writer.is_closing() else None

    async def _answer_one(self, reader: Any, writer: Any) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (f.partition(":") for f in fields)}
        payload = await reader.readexactly(int(headers.get("content-length", 0)))
        if self.key and headers.get("authorization") != f"Bearer {self.key}":
            return await _send(writer, 401, b'{"error": {"message": "wrong key"}}')
        if "/v1/" not in line:  # as LM Studio does
            return await _send(writer, 200, b'{"error": "Unexpected endpoint or method."}')
        if line.startswith("GET"):
            self.model_lists += 1
            if self.list_script is not None and (fault := self.list_script()) is not None:
                return await _send(writer, fault.code, fault.body.encode(), fault.headers)
            if self.models is None:
                return await _send(writer, 404, b'{"error": {"message": "no such page"}}')
            names = {"object": "list", "data": [{"id": name} for name in self.models]}
            return await _send(writer, 200, json.dumps(names).encode())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._complete(json.loads(payload), writer)
        finally:
            self.in_flight -= 1

    async def _complete(self, body: dict[str, Any], writer: Any) -> bool:
        text = json.dumps(body["messages"])
        call = Call(len(self.calls), body, self._seen.get(text, 0))
        self._seen[text] = call.repeat + 1
        self.calls.append(call)
        action = self.script(call)
        if isinstance(action, Drop):
            writer.transport.abort()
            return False
        if isinstance(action, Hang):
            await asyncio.sleep(3600)
        if isinstance(action, Hold):
            while not action.until.is_set():
                await asyncio.sleep(0.01)
            action = action.then
        if isinstance(action, Trickle):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(100_000):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(action.pause)
        if isinstance(action, Status):
            return await _send(writer, action.code, action.body.encode(), action.headers)
        if isinstance(action, Garbage):
            return await _send(writer, 200, action.body)
        await asyncio.sleep(action.delay)
        return await _send(writer, 200, json.dumps(_completion(action)).encode())


def _completion(text: Text) -> dict[str, Any]:
    message = {"role": "assistant", "content": text.content}
    for key in ("reasoning_content", "reasoning"):
        if getattr(text, key) is not None:
            message[key] = getattr(text, key)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": text.model,
        "choices": [{"index": 0, "message": message, "finish_reason": text.finish_reason}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


async def _send(
    writer: Any, status: int, body: bytes, headers: dict[str, str] | None = None
) -> bool:
    lines = [f"HTTP/1.1 {status} X"]
    fields = {"Content-Type": "application/json"} | (headers or {})
    lines += [f"{name}: {value}" for name, value in fields.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    await writer.drain()
    return True
