"""Servers that are compatible in their own way: reasons, reasoning, streams, names, refused fields."""

from __future__ import annotations

import asyncio
import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm import preflight as preflight_module
from recipe_pipeline.llm.client import ChatClient, ChatRequest
from recipe_pipeline.llm.errors import RequestFailed
from recipe_pipeline.llm.preflight import preflight
from recipe_pipeline.llm.settings import ServerSettings
from tests.fake_server import MODEL, FakeServer, Garbage, Status, Text

REQUEST = ChatRequest(
    [{"role": "user", "content": "hi"}], {"temperature": 0.5, "seed": 7, "max_tokens": 9}
)


def ask(action, **changes):
    """The reply to REQUEST, and the body that was sent."""
    with FakeServer(lambda call: action(call) if callable(action) else action) as server:

        async def main():
            settings = ServerSettings(server.base_url, MODEL, timeout=60.0, **changes)
            async with ChatClient(settings) as client:
                return await client.complete(REQUEST)

        return asyncio.run(main()), server.calls[-1].body


def answer(content="hello", finish="stop", error=None, **message):
    """A 200 with this message."""
    choice = {"message": {"role": "assistant", "content": content, **message}}
    choice |= {"finish_reason": finish} if finish != "left out" else {}
    choice |= {"error": error} if error else {}
    return Garbage(json.dumps({"choices": [choice], "usage": None}).encode())


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (answer("half", "error", {"code": 502, "message": "upstream died"}), "upstream died"),
        (answer("half", "stop", {"message": "late"}), "late"),
        (answer("half", "error"), "finish_reason error"),
        (answer("half", "abort"), "finish_reason abort"),
        (answer("half", {"type": "abort", "message": "x"}), "finish_reason abort"),
        (answer("half", "insufficient_system_resource"), "insufficient_system_resource"),
        (answer("half", "MALFORMED_FUNCTION_CALL"), "MALFORMED"),
    ],
)
def test_a_reply_that_the_server_broke_off_is_a_failure_to_retry(action, words):
    with pytest.raises(RequestFailed, match=words) as failure:
        ask(action)
    assert (failure.value.reason, failure.value.transient) == ("broken_off", True)


@pytest.mark.parametrize("finish", ["stop", "STOP", "eos_token", "", None, "left out", "end_turn"])
def test_every_word_for_a_normal_end_passes_even_none(finish):
    assert ask(answer("hello", finish))[0].text == "hello"


THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "because"}]}


@pytest.mark.parametrize(
    "message",
    [
        {"reasoning_content": "because"},
        {"reasoning": "because"},
        {"reasoning": {"content": "because", "effort": "low"}},
        {"reasoning_details": [{"type": "reasoning.text", "text": "because"}]},
        {
            "reasoning_details": [
                {"type": "reasoning.encrypted", "data": "8f"},
                {"summary": "because"},
            ]
        },
        {"reasoning": "because", "reasoning_details": [{"text": "because"}]},
        {"thinking": "because"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "because", "signature": "x"}]},
        {"content": [THOUGHT, {"type": "text", "text": "hello"}]},
        {"content": [{"type": "thinking", "thinking": "because"}, {"text": "hel"}, {"text": "lo"}]},
        {
            "content": [
                {"type": "reasoning", "text": "because"},
                {"type": "output_text", "text": "hello"},
            ]
        },
    ],
)
def test_reasoning_is_found_in_every_place(message):
    reply, _ = ask(answer(**{"content": "hello", **message}))
    assert (reply.text, reply.reasoning) == ("hello", "because")


@pytest.mark.parametrize("message", [{}, {"reasoning": None}, {"reasoning_details": []}])
def test_no_reasoning_is_none(message):
    assert ask(answer(**message))[0].reasoning is None


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_a_stream_that_nobody_asked_for_is_named(kind):
    with pytest.raises(RequestFailed, match="the server streams") as failure:
        ask(Status(200, {"Content-Type": kind}, 'data: {"choices": []}\n\ndata: [DONE]\n\n'))
    assert failure.value.reason == "bad_response"


def test_null_in_extra_body_leaves_a_field_out():
    extra = {"seed": None, "max_tokens": None, "max_completion_tokens": 9, "absent": None}
    _, body = ask(Text("x"), extra_body=extra)
    assert set(body) == {"model", "messages", "temperature", "max_completion_tokens"}


@pytest.mark.parametrize(
    ("status", "body", "fields"),
    [
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"]}]}, {"seed": None}),
        (400, [{"error": {"message": 'Unknown name "seed": Cannot find field.'}}], {"seed": None}),
        (400, {"error": {"message": "Unsupported parameter: 'max_tokens'"}}, {"max_tokens": None}),
        (400, {"error": {"message": "bad", "param": "temperature"}}, {"temperature": None}),
        (400, {"message": "seed, temperature: no"}, {"temperature": None, "seed": None}),
    ],
)
def test_a_refused_field_is_named_with_the_flag_that_removes_it(status, body, fields):
    def script(call):
        refused = set(fields) & set(call.body)
        return Status(status, body=json.dumps(body)) if refused else Text("fine")

    with pytest.raises(RequestFailed) as failure:
        ask(script)
    flag = f"--extra-body '{json.dumps(fields)}'"
    assert flag in str(failure.value)
    assert ask(script, extra_body=fields)[0].text == "fine"


def test_a_refusal_that_names_no_field_gets_no_such_advice():
    with pytest.raises(RequestFailed) as failure:
        ask(Status(400, body='{"error": "the messages are too long for this model"}'))
    assert "--extra-body" not in str(failure.value)


def check(models, model=MODEL, list_script=None, wait=60.0):
    with FakeServer(lambda call: Text(""), models) as server:
        server.list_script = list_script

        async def main():
            async with ChatClient(ServerSettings(server.base_url, model)) as client:
                return await preflight(client, wait)

        return asyncio.run(main())


@pytest.mark.parametrize(
    ("listed", "model"),
    [
        (["models/gemini-2.5-flash"], "gemini-2.5-flash"),
        (["qwen3:latest"], "qwen3"),
        (["x"], "x"),
        ([], "y"),
    ],
)
def test_a_model_that_the_server_has_under_a_longer_name_is_no_surprise(listed, model, capsys):
    check(listed, model)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("model", ["openrouter/auto", "my-adapter", "qwen3-8b"])
def test_a_model_that_is_not_listed_is_a_warning(model, capsys):
    listed = [f"other-{n}" for n in range(20)] + ["qwen3-8b-instruct"]
    check(listed, model)
    error = capsys.readouterr().err
    assert f"does not list the model {model}" in error
    assert "--model" in error
    assert error.count("\n") == 1
    if model == "qwen3-8b":
        assert "another: qwen3-8b-instruct, " in error


LOADING = [
    (503, '{"error": {"message": "Loading model", "code": 503}}'),
    (503, '{"error": "Model meta/llama is currently loading", "estimated_time": 20}'),
    (400, '{"error": "Model is loading, try again"}'),
    (502, "the backend is starting up"),
]


@pytest.mark.parametrize(("status", "body"), LOADING)
def test_a_server_that_is_loading_is_waited_for(monkeypatch, capsys, status, body):
    monkeypatch.setattr(preflight_module, "LOADING_PAUSE", 0.02)
    asked = []

    def loading():
        asked.append(1)
        return Status(status, body=body) if len(asked) < 4 else None

    check([MODEL], list_script=loading)
    assert capsys.readouterr().err.count("is loading its model; waiting up to 60 s") == 1


def test_a_server_that_does_not_get_ready_is_reported(monkeypatch, capsys):
    monkeypatch.setattr(preflight_module, "LOADING_PAUSE", 0.02)
    with pytest.raises(PipelineError, match="still loading its model"):
        check([MODEL], list_script=lambda: Status(*LOADING[0][:1], body=LOADING[0][1]), wait=0.1)


@pytest.mark.parametrize(
    "body", ["Failed to load model", "Model loading was stopped: no memory", "busy"]
)
def test_a_model_that_cannot_be_loaded_is_not_waited_for(body):
    with pytest.raises(PipelineError, match="no server answers"):
        check([MODEL], list_script=lambda: Status(503, body=json.dumps({"error": body})))
