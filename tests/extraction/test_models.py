"""A model behind a server answers like a local one."""

import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.models import open_server
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT
from tests.fake_server import MODEL, FakeServer, Status, Text


def generator(server, folder, **changes):
    settings = ServerSettings(
        base_url=server.base_url, model=MODEL, api_key="lm-studio", timeout=60.0, concurrency=2
    )
    runner = RunnerSettings(max_retries=1, server_wait=0.5)
    return open_server(settings, runner, log_folder=folder, **changes)


def test_answers_stand_in_the_order_of_the_posts(tmp_path):
    with FakeServer(lambda call: Text(call.user, delay=0.05 * (call.number == 0))) as server:
        its = generator(server, tmp_path)
        seen = []
        answers = its.generate(["one", "two", "three"], 50, lambda i, a: seen.append((i, a)))
    assert ["one" in answers[0], "two" in answers[1], "three" in answers[2]] == [True] * 3
    assert sorted(seen) == list(enumerate(answers))
    assert its.answer_tokens == 15  # the server counts 5 a reply
    assert its.failed == 0


def test_answers_are_asked_for_greedily_and_bounded(tmp_path):
    with FakeServer(lambda call: Text("{}")) as server:
        generator(server, tmp_path, full_instructions=True).generate(["post"], 77)
    body = server.calls[0].body
    assert (body["temperature"], body["max_tokens"]) == (0, 77)
    assert "<post>\npost\n</post>" in server.calls[0].user


def test_a_finetuned_model_gets_the_prompt_it_was_trained_on(tmp_path):
    with FakeServer(lambda call: Text("{}")) as server:
        generator(server, tmp_path).generate(["my post"], 50)
    assert server.calls[0].body["messages"] == [
        {"role": "system", "content": EXTRACTION_SYSTEM_PROMPT},
        {"role": "user", "content": "Extract recipe information from this text:\n\nmy post"},
    ]


def test_a_rejected_post_is_an_empty_answer_and_is_counted(tmp_path):
    def script(call):
        return Status(400) if "too long" in call.user else Text("{}")

    with FakeServer(script) as server:
        its = generator(server, tmp_path)
        seen = []
        assert its.generate(["ok", "too long"], 10, lambda i, a: seen.append(i)) == ["{}", ""]
    assert its.failed == 1
    failure = json.loads((tmp_path / "failures.jsonl").read_text(encoding="utf-8"))
    assert failure["id"] == "document 2"
    assert seen == [0]  # what failed is not kept, so that the next run asks again
    row = json.loads((tmp_path / "failures.jsonl").read_text(encoding="utf-8"))
    assert (row["id"], row["reason"]) == ("document 2", "rejected")


def test_a_server_error_is_asked_again(tmp_path):
    def script(call):
        return Status(500) if call.repeat == 0 else Text("{}")

    with FakeServer(script) as server:
        assert generator(server, tmp_path).generate(["a"], 50) == ["{}"]
    assert len(server.calls) == 2


def test_an_absent_server_is_an_error_and_an_unlisted_model_a_warning(tmp_path, capsys):
    with FakeServer(lambda call: Text("{}"), models=["other"]) as server:
        its = generator(server, tmp_path)
        assert its.generate(["a"], 50) == ["{}"]
        assert f"does not list the model {MODEL}" in capsys.readouterr().err
    with pytest.raises(PipelineError, match="no server answers"):
        generator(server, tmp_path)
    with pytest.raises(PipelineError, match="gives no answer"):
        its.generate(["a"], 50)
