"""Reading --model and opening what it names."""

import pytest

from recipe_pipeline import inference, inference_gguf
from recipe_pipeline.errors import PipelineError
from recipe_pipeline.evaluation_models import (
    GenerationSettings,
    ModelChoice,
    context_for,
    open_generator,
    parse_models,
    settings_of,
)
from recipe_pipeline.inference_endpoint import EndpointGenerator


@pytest.mark.parametrize(
    ("text", "label", "spec"),
    [
        ("gemma-3", "gemma-3", "gemma-3"),
        ("base=embedded", "base", "embedded"),
        ("Q8 (laptop)=out/model.gguf", "Q8 (laptop)", "out/model.gguf"),
        ("unsloth/gemma-3-270m-it", "unsloth/gemma-3-270m-it", "unsloth/gemma-3-270m-it"),
        ("endpoint:qwen/qwen3@home", "qwen/qwen3", "endpoint:qwen/qwen3@home"),
        ("teacher=endpoint:x@http://h:1/v1", "teacher", "endpoint:x@http://h:1/v1"),
        ("./runs/lr=1e-4/adapter", "./runs/lr=1e-4/adapter", "./runs/lr=1e-4/adapter"),
        ("/a/very/long/path/that/nobody/wants/to/see/gemma-3", "gemma-3",
         "/a/very/long/path/that/nobody/wants/to/see/gemma-3"),
    ],
)  # fmt: skip
def test_a_model_has_a_label_and_a_source(text, label, spec):
    assert parse_models([text]) == [ModelChoice(label, spec)]


@pytest.mark.parametrize("text", ["", "a=", "endpoint:", "a= "])
def test_a_model_without_a_name_is_refused(text):
    with pytest.raises(PipelineError, match="names no model"):
        parse_models([text])


def test_two_models_of_one_label_are_refused():
    with pytest.raises(PipelineError, match=r"two models are called 'a'.*--model one=x"):
        parse_models(["a=x", "a=y"])


def test_an_endpoint_uses_its_own_server_or_the_common_one(tmp_path):
    settings = GenerationSettings(base_url="http://common/v1", api_key="k", prompt="short")
    common = open_generator(ModelChoice("t", "endpoint:a@b"), settings, tmp_path)
    assert isinstance(common, EndpointGenerator)
    assert (common.server.model, common.server.base_url) == ("a@b", "http://common/v1")
    assert common.prompt == "short"
    own = open_generator(ModelChoice("t", "endpoint:a@https://own/v1"), settings, tmp_path)
    assert (own.server.model, own.server.base_url) == ("a", "https://own/v1")


def test_local_models_and_gguf_files_go_to_their_loaders(monkeypatch, tmp_path):
    monkeypatch.setattr(inference, "load_generator", lambda spec, batch_size: (spec, batch_size))
    monkeypatch.setattr(
        inference_gguf, "load_gguf", lambda spec, context_length: (spec, context_length)
    )
    settings = GenerationSettings(max_new_tokens=1000, batch_size=3)
    assert open_generator(ModelChoice("b", "embedded"), settings, tmp_path) == ("embedded", 3)
    choice = ModelChoice("q", "Model.GGUF")
    assert open_generator(choice, settings, tmp_path, 5000) == ("Model.GGUF", 4096)


def test_the_context_holds_post_answer_and_instructions():
    # 256 + 5000 / 2.5 + 1000 = 3256, rounded up to the next 1024.
    assert context_for(5000, 1000) == 4096


def test_only_what_changes_the_answers_makes_them_stale():
    one, two = GenerationSettings(batch_size=1), GenerationSettings(batch_size=8, prompt="short")
    local, served = ModelChoice("a", "embedded"), ModelChoice("b", "endpoint:x")
    assert settings_of(local, one) == settings_of(local, two)
    assert settings_of(served, one) != settings_of(served, two)
    assert "lm-studio" not in str(settings_of(served, one))
