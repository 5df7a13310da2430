"""The teacher as a server: the real openai client over loopback, its memory, its command line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import openai
import pytest
from starlette.testclient import TestClient

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.generation.prompts import blog_messages
from recipe_pipeline.generation.styles import STYLES
from recipe_pipeline.llm.replies import split_reasoning
from recipe_pipeline.llm.settings import ServerSettings
from recipe_pipeline.models import prompts
from recipe_pipeline.offline_teacher import __main__ as command
from recipe_pipeline.offline_teacher import server
from recipe_pipeline.offline_teacher.composer import compose
from recipe_pipeline.offline_teacher.memory import Memory, post_key
from recipe_pipeline.offline_teacher.server import TeacherSettings, create_app, running_teacher
from tests.script_runs import run_script

FACTS = {
    "name": "Corn Chowder",
    "ingredients": ["2 cups corn", "1 onion, diced", "3 cups milk", "salt to taste"],
    "directions": ["Soften the onion in a pot.", "Add everything else and simmer until soft."],
    "cook_time": "PT25M",
    "servings": "4",
}
FLUFFY = STYLES[2]


@pytest.fixture(scope="module")
def base_url():
    with running_teacher() as url:
        yield url


@pytest.fixture
def client(base_url):
    with openai.OpenAI(base_url=base_url, api_key="anything", max_retries=0) as client:
        yield client


@pytest.fixture
def app():
    """The app without a socket, for what needs no real client."""
    with TestClient(create_app(TeacherSettings())) as test_client:
        yield test_client


def ask(client: openai.OpenAI, messages, **options):
    return client.chat.completions.create(model="whatever", messages=messages, **options)


def post_body(app, messages, **fields):
    return app.post("/v1/chat/completions", json={"messages": messages, **fields})


def test_a_post_of_stage_2_gets_its_exact_label_in_stage_3(client):
    expected = compose(FACTS, FLUFFY.name, 11)
    reply = ask(client, blog_messages(FACTS, FLUFFY), seed=11, temperature=0.9)
    post = reply.choices[0].message.content
    assert post == expected.post
    assert reply.choices[0].finish_reason == "stop"
    # What a file holds may differ in its last line break.
    answer = ask(client, prompts.extraction_messages(post + "\n")).choices[0].message.content
    reasoning, rest = split_reasoning(answer, None)
    assert json.loads(rest) == expected.label
    assert reasoning.strip() == expected.reasoning


@pytest.mark.parametrize("kind", ["missing_parts", "two_dishes", "no_recipe"])
def test_hard_kinds_come_with_the_request(client, kind):
    left_out = ("directions",) if kind == "missing_parts" else ()
    messages = blog_messages(FACTS, FLUFFY, kind, left_out)
    post = ask(client, messages, seed=2).choices[0].message.content
    answer = ask(client, prompts.extraction_messages(post)).choices[0].message.content
    label = json.loads(split_reasoning(answer, None)[1])
    if kind == "missing_parts":
        assert "recipeInstructions" not in label
    elif kind == "two_dishes":
        assert len(label["@graph"]) == 2
    else:
        assert label == {}


def test_usage_is_counted_and_models_are_listed(client):
    reply = ask(client, blog_messages(FACTS, FLUFFY))
    assert reply.usage.prompt_tokens > 100
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.model == "offline-teacher"
    names = {model.id for model in client.models.list()}
    assert names == {ServerSettings.model, "offline-teacher"}


def test_a_post_by_someone_else_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="did not write this post"):
        ask(client, prompts.extraction_messages("Toast\nIngredients\n- 1 slice bread"))


def test_other_requests_are_refused(client):
    with pytest.raises(openai.BadRequestError, match="only answers requests of stages 2 and 3"):
        ask(client, [{"role": "user", "content": "What is the capital of France?"}])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "JSON"),
        (b"\xff", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "JSON"),
        (b"[]", "body"),
        (b'{"messages": "hi"}', "messages"),
        (b'{"messages": [1]}', "messages.0"),
        (b'{"messages": []}', "no user message"),
        (b'{"messages": [{"role": "user", "content": ["x"]}]}', "stages 2 and 3"),
        (b'{"messages": [], "seed": "x"}', "seed"),
    ],
)
def test_malformed_requests_get_400_and_the_reason(app, body, sentence):
    reply = app.post("/v1/chat/completions", content=body)
    assert reply.status_code == 400
    assert sentence in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "recipe",
    [
        "{}",
        "[]",
        "nonsense",
        "[" * 100_000,
        '{"name": "\\ud800 pie", "servings": 1e999}',
        '{"name": 5, "ingredients": {"a": 1}}',
        '{"name": ""}',
    ],
)
def test_malformed_recipes_never_break_the_server(app, recipe):
    text = f"Style: minimal_organized\n\n<recipe>\n{recipe}\n</recipe>"
    reply = post_body(app, [{"role": "user", "content": text}])
    assert reply.status_code in (200, 400)


def test_a_post_with_a_lone_surrogate_does_not_break_the_server(app):
    body = rb'{"messages": [{"role": "user", "content": "<post>\nlone \ud800\n</post>"}]}'
    assert app.post("/v1/chat/completions", content=body).status_code == 400


@pytest.mark.parametrize(
    "changes", [{"length": -1}, {"length": 99}, {"max_length": 0.5}, {"breadth": 2}]
)
def test_impossible_settings_are_refused(changes):
    with pytest.raises(PipelineError):
        TeacherSettings(**changes)


# --- memory ----------------------------------------------------------------------------------


def test_a_restarted_teacher_still_knows_its_posts(tmp_path):
    settings = TeacherSettings(tmp_path / "deep" / "memory.sqlite3")
    with TestClient(create_app(settings)) as app:
        reply = post_body(app, blog_messages(FACTS, FLUFFY), seed=5).json()
    post = reply["choices"][0]["message"]["content"]
    with TestClient(create_app(settings)) as app:
        reply = post_body(app, prompts.extraction_messages(post)).json()
    answer = split_reasoning(reply["choices"][0]["message"]["content"], None)[1]
    assert json.loads(answer) == compose(FACTS, FLUFFY.name, 5).label


def test_white_space_does_not_matter_for_recognising_a_post():
    memory = Memory()
    memory.remember("a post\nwith lines", {"x": "ü"}, "why")
    assert memory.recall("  a post with\n\nlines\r\n") == ({"x": "ü"}, "why")
    assert memory.recall("another post") is None
    memory.remember("a post with lines", {}, "")
    assert memory.recall("a post with lines") == ({}, "")
    assert post_key("\ud800") != post_key("")


def test_a_post_is_remembered_without_its_markdown():
    memory = Memory()
    memory.remember("## Tea\n\n**Prep:** 5 minutes\n- water", {"name": "Tea"}, "")
    assert memory.recall("Tea\n\nPrep: 5 minutes\n- water\n") == ({"name": "Tea"}, "")
    assert memory.recall("Tea\n\nPrep: 6 minutes\n- water") is None


def test_a_file_that_is_not_a_database_is_one_error_line(tmp_path):
    path = tmp_path / "memory.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(PipelineError, match="--memory"):
        Memory(path)
    with pytest.raises(PipelineError, match="--memory"):
        Memory(path / "below-a-file.sqlite3")


def test_two_teachers_can_share_one_memory(tmp_path):
    first, second = Memory(tmp_path / "m.sqlite3"), Memory(tmp_path / "m.sqlite3")
    first.remember("one", {"n": 1}, "")
    second.remember("two", {"n": 2}, "")
    assert first.recall("two")[0] == {"n": 2}
    first.close()
    with pytest.raises(sqlite3.ProgrammingError):
        first.recall("one")


# --- command line ----------------------------------------------------------------------------


def test_the_command_line_starts_a_server_that_introduces_itself(monkeypatch, capsys, tmp_path):
    import uvicorn

    served = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: served.append(sockets))
    memory = tmp_path / "m.sqlite3"
    assert cli.run(command.main, ["--port", "0", "--memory", str(memory), "--max-length", "2"]) == 0
    said = capsys.readouterr().out
    assert "not a language model" in said
    assert "/v1" in said
    assert served
    assert memory.exists()
    served[0][0].close()


def test_the_memory_is_in_the_cache_folder_unless_disabled(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(server, "serve", lambda settings, host, port: seen.append(settings))
    monkeypatch.setenv("RECIPE_PIPELINE_CACHE", str(tmp_path))
    assert command.main([]) == 0
    assert command.main(["--no-memory"]) == 0
    assert [settings.memory_path for settings in seen] == [
        tmp_path / "offline_teacher.sqlite3",
        None,
    ]


def test_a_port_in_use_is_one_error_line(base_url, capsys):
    port = base_url.rsplit(":", 1)[1].split("/")[0]
    assert cli.run(command.main, ["--port", port, "--no-memory"]) == 1
    assert "--port" in capsys.readouterr().err


def test_posts_name_the_teacher_as_author_whatever_model_was_requested(tmp_path):
    source = Path(__file__).parents[2] / "sample_data" / "recipes.csv"
    with running_teacher() as url:
        flags = ["--csv", str(source), "--output-blog", str(tmp_path / "posts"), "--base-url", url]
        assert run_script("02_generate_blogs.py", *flags) == 0
    sidecars = list((tmp_path / "posts").glob("*.meta.json"))
    assert len(sidecars) == 2  # 02's default --limit, with its default --model
    assert {json.loads(path.read_text("utf-8"))["model"] for path in sidecars} == {
        "offline-teacher"
    }
