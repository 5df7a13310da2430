"""One request: its reply, and the meaning of every failure."""

from __future__ import annotations

import asyncio
import email.utils
import socket
import time

import pytest
from openai.types.chat import ChatCompletion

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm.client import (
    ChatClient,
    ChatRequest,
    is_loopback,
)
from recipe_pipeline.llm.completion import parse_completion
from recipe_pipeline.llm.errors import RequestFailed, retry_after_seconds
from recipe_pipeline.llm.preflight import preflight
from recipe_pipeline.llm.settings import ServerSettings
from tests.fake_server import MODEL, Drop, FakeServer, Garbage, Hang, Status, Text, Trickle

REQUEST = ChatRequest([{"role": "user", "content": "hi"}], {"temperature": 0.5, "seed": 7})


def settings(base_url, **changes):
    values = {"model": MODEL, "api_key": "lm-studio", "timeout": 60.0, "concurrency": 2}
    return ServerSettings(base_url=base_url, **{**values, **changes})


def ask(server_settings, *, times=1):
    async def main():
        async with ChatClient(server_settings) as client:
            return [await client.complete(REQUEST) for _ in range(times)][-1]

    return asyncio.run(main())


def check(server_settings):
    async def main():
        async with ChatClient(server_settings) as client:
            await preflight(client)

    asyncio.run(main())


@pytest.fixture
def closed_port():
    """A port that refuses connections, and that nobody else gets meanwhile: taken, without listening."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_request_carries_model_messages_options_and_key():
    with FakeServer(lambda call: Text("hello ½ 🍕")) as server:
        reply = ask(settings(server.base_url))
    assert (reply.text, reply.finish_reason) == ("hello ½ 🍕", "stop")
    assert (reply.prompt_tokens, reply.completion_tokens) == (10, 5)
    assert server.calls[0].body == {
        "model": MODEL,
        "messages": REQUEST.messages,
        "temperature": 0.5,
        "seed": 7,
    }


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_taken_from_either_field(field):
    with FakeServer(lambda call: Text("x", **{field: "because"})) as server:
        assert ask(settings(server.base_url)).reasoning == "because"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("qwen/qwen3-14b", "qwen/qwen3-14b"),
        ("/home/ada/models/Qwen3.Q4_K_M.gguf", "Qwen3.Q4_K_M.gguf"),
        (r"C:\Users\ada\Qwen3.GGUF", "Qwen3.GGUF"),
    ],
)
def test_the_path_of_the_server_s_model_file_is_not_kept(said, kept):
    with FakeServer(lambda call: Text("x", model=said)) as server:
        assert ask(settings(server.base_url)).model == kept


@pytest.mark.parametrize(
    ("action", "reason", "transient", "fatal"),
    [
        (Status(429, {"Retry-After": "7"}), "rate_limited", True, False),
        (Status(500), "server_error", True, False),
        (Status(503), "server_error", True, False),
        (Status(408), "server_error", True, False),
        (Status(400), "rejected", False, False),
        (Status(413, body="too long"), "rejected", False, False),
        (Status(401), "refused_key", False, True),
        (Status(404), "not_found", False, True),
        (
            Status(429, body='{"error": {"code": "insufficient_quota", "message": "pay"}}'),
            "quota_used_up",
            False,
            True,
        ),
        (Drop(), "connection_dropped", True, False),
        (Garbage(), "bad_response", True, False),
        (Garbage(b'{"choices": []}'), "bad_response", True, False),
        (Garbage(b'{"cho'), "bad_response", True, False),
        (Garbage(b"null"), "bad_response", True, False),
        (Garbage(b"\xff\xfe"), "bad_response", True, False),
        (Hang(), "timeout", True, False),
    ],
)
def test_every_failure_has_a_reason(action, reason, transient, fatal):
    with FakeServer(lambda call: action) as server, pytest.raises(RequestFailed) as error:
        ask(settings(server.base_url, timeout=0.3 if reason == "timeout" else 60))
    failure = error.value
    assert (failure.reason, failure.transient, failure.fatal) == (reason, transient, fatal)
    assert failure.detail
    # No call if a busy machine let the time run out before the request was sent.
    assert len(server.calls) <= 1, "the client must not repeat on its own"
    assert failure.retry_after == (7.0 if reason == "rate_limited" else None)


def test_a_closed_port_is_unreachable(closed_port):
    with pytest.raises(RequestFailed) as error:
        ask(settings(f"http://127.0.0.1:{closed_port}/v1"))
    assert (error.value.reason, error.value.transient) == ("unreachable", True)


def test_the_timeout_covers_a_reply_that_trickles_in():
    with (
        FakeServer(lambda call: Trickle(pause=0.05)) as server,
        pytest.raises(RequestFailed, match=r"no reply within 0\.2 s"),
    ):
        ask(settings(server.base_url, timeout=0.2))


def test_one_connection_serves_many_requests():
    with FakeServer(lambda call: Text("x")) as server:
        ask(settings(server.base_url), times=5)
        assert server.connections == 1


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1234/v1", True),
        ("http://127.0.0.1/v1", True),
        ("http://[::1]:80/v1", True),
        ("http://10.0.0.7:8000/v1", False),
        ("https://api.example.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
    ],
)
def test_no_proxy_is_used_for_this_machine(url, loopback):
    assert is_loopback(url) == loopback


def test_a_proxy_in_the_environment_does_not_block_localhost(monkeypatch, closed_port):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    with FakeServer(lambda call: Text("x")) as server:
        assert ask(settings(server.base_url)).text == "x"


def test_a_proxy_in_the_environment_is_used_for_other_machines(monkeypatch):
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with FakeServer(lambda call: Text("x")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url.removesuffix("/v1"))
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        assert ask(settings("http://llm.example/v1")).text == "x"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"error": "Unexpected endpoint"}', '{"error":"Unexpected endpoint"}'),
        (b'{"choices": []}', '{"choices":[]}'),
        (b"null", "None"),
    ],
)
def test_an_answer_that_is_not_a_completion_is_quoted(body, detail):
    with FakeServer(lambda call: Garbage(body)) as server, pytest.raises(RequestFailed) as error:
        ask(settings(server.base_url))
    assert error.value.detail.endswith(f"not a chat completion: {detail}")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_parsed_in_every_form(headers, seconds):
    assert retry_after_seconds(headers) == seconds


def test_a_retry_after_date_in_the_future_is_a_wait():
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    assert 0 < retry_after_seconds({"retry-after": date}) <= 100


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "x"}, "x"),
        ({"content": None}, ""),
        ({"content": None, "refusal": "no"}, "no"),
        ({"content": [{"type": "text", "text": "a"}, {"text": "b"}, "?"]}, "ab"),
        ({"content": "a\ud83db"}, "a?b"),
    ],
)
def test_the_text_of_a_message_is_found(message, text):
    answer = ChatCompletion.construct(choices=[{"message": message}])
    assert parse_completion(answer).text == text


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"error": {"message": "out of\\n memory"}}', "HTTP 400: out of memory"),
        ('{"error": "bad"}', "HTTP 400: bad"),
        ('{"detail": "bad"}', "HTTP 400: {'detail': 'bad'}"),
        ("x" * 5000, "HTTP 400: " + "x" * 300),
        ("", "HTTP 400: "),
    ],
)
def test_an_error_body_is_shortened_to_its_message(body, detail):
    with (
        FakeServer(lambda call: Status(400, body=body)) as server,
        pytest.raises(RequestFailed) as error,
    ):
        ask(settings(server.base_url))
    assert error.value.detail == detail


def test_preflight_passes_with_the_right_server():
    with FakeServer(lambda call: Text("")) as server:
        check(settings(server.base_url))
        server.models = [f"{MODEL}:latest"]
        check(settings(server.base_url))
        server.models = []
        check(settings(server.base_url))
    assert server.calls == []


def test_preflight_says_which_flag_holds_the_wrong_key():
    with FakeServer(lambda call: Text("")) as server, pytest.raises(PipelineError) as error:
        check(settings(server.base_url, api_key="wrong"))
    assert "rejects the API key" in str(error.value)
    assert "--api-key" in str(error.value)


def test_preflight_reports_an_unreachable_server(closed_port):
    with pytest.raises(PipelineError, match=r"no server answers at .*--base-url"):
        check(settings(f"http://127.0.0.1:{closed_port}/v1"))


def test_a_server_without_a_list_of_models_passes_the_preflight():
    with FakeServer(lambda call: Text("")) as server:
        server.models = None
        check(settings(server.base_url))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>", "not a list of models"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "Bad status line"),
    ],
)
def test_preflight_reports_a_web_page_and_a_server_without_http(answer, words):
    async def main():
        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with ChatClient(settings(f"http://127.0.0.1:{port}")) as client:
                await preflight(client)

    with pytest.raises(PipelineError, match=f"no server answers at .*{words}.*--base-url"):
        asyncio.run(main())


def test_an_error_never_shows_the_key():
    with FakeServer(lambda call: Text("")) as server, pytest.raises(PipelineError) as error:
        check(settings(server.base_url, api_key="sk-secret"))
    assert "sk-secret" not in str(error.value)


def test_the_line_break_after_a_key_is_stripped():
    with FakeServer(lambda call: Text("ok"), key="sk-secret") as server:
        assert ask(settings(server.base_url, api_key="sk-secret\r\n")).text == "ok"


def test_a_key_that_cannot_be_sent_is_rejected_without_showing_it():
    with pytest.raises(PipelineError, match="--api-key") as error:
        settings("http://localhost/v1", api_key="sk-sec\nret")
    assert "sec" not in str(error.value)


def test_the_key_is_masked_in_a_message_that_quotes_it():
    body = '{"error": {"message": "Bearer lm-studio may not do this\\u001b[2J"}}'
    refusing = FakeServer(lambda call: Status(400, body=body))
    with refusing as server, pytest.raises(RequestFailed) as error:
        ask(settings(server.base_url))
    assert "Bearer *** may not do this" in error.value.detail
    assert str(error.value) == error.value.detail
    assert error.value.detail.isprintable()


def test_an_address_without_v1_is_reported_before_the_first_request():
    with FakeServer(lambda call: Text("")) as server:
        address = server.base_url.removesuffix("/v1")
        with pytest.raises(PipelineError, match=r"Unexpected endpoint.*/v1"):
            check(settings(address))


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "localhost:1234"},
        {"base_url": "http://[bad/v1"},
        {"base_url": "http://localhost:99999/v1"},
        {"base_url": "http://me:pw@localhost/v1"},
        {"timeout": 0.0},
    ],
)
def test_invalid_settings_are_rejected(changes):
    with pytest.raises(PipelineError):
        settings(**{"base_url": "http://localhost/v1", **changes})
