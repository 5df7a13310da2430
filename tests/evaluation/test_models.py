"""Reading --model and opening what it names."""

import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.models import (
    GenerationSettings,
    ModelChoice,
    open_generator,
    parse_models,
    settings_of,
)
from recipe_pipeline.llm.settings import ServerSettings
from recipe_pipeline.models import generator as inference
from recipe_pipeline.models import gguf as inference_gguf
from recipe_pipeline.models.endpoint import EndpointGenerator


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
    settings = GenerationSettings(
        server=ServerSettings("http://common/v1", api_key="k"), prompt="short"
    )
    common = open_generator(ModelChoice("t", "endpoint:a@b"), settings, tmp_path)
    assert isinstance(common, EndpointGenerator)
    assert (common.server.model, common.server.base_url) == ("a@b", "http://common/v1")
    assert common.prompt == "short"
    own = open_generator(ModelChoice("t", "endpoint:a@https://own/v1"), settings, tmp_path)
    assert (own.server.model, own.server.base_url) == ("a", "https://own/v1")


def test_local_models_and_gguf_files_go_to_their_loaders(monkeypatch, tmp_path):
    monkeypatch.setattr(inference, "load_generator", lambda spec, **options: (spec, options))
    monkeypatch.setattr(inference_gguf, "load_gguf", lambda spec, **options: (spec, options))
    monkeypatch.setattr(inference_gguf, "context_for", lambda spec, posts, *_: len(posts[0]))
    settings = GenerationSettings(max_new_tokens=1000, batch_size=3)
    spec, options = open_generator(ModelChoice("b", "embedded"), settings, tmp_path)
    assert (spec, options) == ("embedded", {"batch_size": 3, "system_prompt": None})
    spec, options = open_generator(ModelChoice("q", "Model.GGUF"), settings, tmp_path, ["four"])
    assert (spec, options["context_length"]) == ("Model.GGUF", 4)
    assert options["log_folder"] == tmp_path


@pytest.mark.parametrize("kind", ["folder", "gguf"])
def test_a_model_is_asked_with_the_system_prompt_of_its_training(monkeypatch, tmp_path, kind):
    monkeypatch.setattr(inference, "load_generator", lambda spec, **options: options)
    monkeypatch.setattr(inference_gguf, "load_gguf", lambda spec, **options: options)
    monkeypatch.setattr(inference_gguf, "context_for", lambda *_: 4096)
    settings, choice = GenerationSettings(), ModelChoice("a", str(tmp_path))
    if kind == "gguf":
        choice = ModelChoice("a", str(tmp_path / "m.gguf"))
        (tmp_path / "m.gguf").write_bytes(b"GGUF")
    before = settings_of(choice, settings)
    if kind == "gguf":
        (tmp_path / "Modelfile").write_text('SYSTEM """Extract!"""\n', encoding="utf-8")
    else:
        run = {"settings": {}, "system_prompt": "Extract!"}
        (tmp_path / "training_run.json").write_text(json.dumps(run), encoding="utf-8")
    assert open_generator(choice, settings, tmp_path)["system_prompt"] == "Extract!"
    assert settings_of(choice, settings) != before  # answers to another prompt are other answers


def test_only_what_changes_the_answers_makes_them_stale():
    one, two = GenerationSettings(batch_size=1), GenerationSettings(batch_size=8, prompt="short")
    local, served = ModelChoice("a", "embedded"), ModelChoice("b", "endpoint:x")
    assert settings_of(local, one) == settings_of(local, two)
    assert settings_of(served, one) != settings_of(served, two)
    assert "lm-studio" not in str(settings_of(served, one))
