"""Flags of 07 become settings; --model names models and their servers."""

import argparse
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.settings import (
    EvaluationSettings,
    ModelChoice,
    add_evaluation_flags,
    parse_models,
    settings_from,
)
from recipe_pipeline.llm.settings import ServerSettings


def parsed(*flags):
    parser = argparse.ArgumentParser()
    add_evaluation_flags(parser)
    return settings_from(parser.parse_args(flags))


def test_without_flags_the_defaults_of_the_settings_apply():
    assert parsed() == EvaluationSettings(server=ServerSettings(model=""))
    assert parsed().models == (ModelChoice("gemma-3", "gemma-3"),)
    assert parsed().dataset == Path("finetuning_dataset_test.jsonl")


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
    with pytest.raises(PipelineError, match="does not name a model"):
        parse_models([text])


def test_two_models_with_one_label_are_refused():
    with pytest.raises(PipelineError, match=r"two models have the label 'a'.*--model one=x"):
        parse_models(["a=x", "a=y"])


@pytest.mark.parametrize(
    ("spec", "model", "base_url"),
    [
        ("endpoint:a@b", "a@b", "http://common/v1"),
        ("endpoint:a@https://own/v1", "a", "https://own/v1"),
    ],
)
def test_an_endpoint_uses_its_own_server_or_the_common_one(spec, model, base_url):
    server = ModelChoice("t", spec).server(ServerSettings("http://common/v1", api_key="k"))
    assert (server.model, server.base_url, server.api_key) == (model, base_url, "k")
