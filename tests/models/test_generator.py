"""Local generation on a tiny random Gemma 3."""

import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import generator as inference
from recipe_pipeline.models.generator import adapter_base, in_loop, load_generator
from tests.tiny_gemma import write_tiny_adapter, write_tiny_model


@pytest.mark.parametrize(
    ("tokens", "loops"),
    [
        ([1, 2, 3] * 30, True),
        ([7] * 64, True),
        (list(range(32)) * 4, True),
        ([5] * 20, False),  # "000000" may well stand in an answer
        (list(range(200)), False),
        (list(range(33)) * 3, False),
        (list(range(33)) * 4, True),
        (list(range(300)) * 2, False),
        (list(range(300)) * 3, True),  # the steps over and over
        (list(range(600)) * 3, False),
        ([], False),
    ],
)
def test_loops_are_told_from_answers(tokens, loops):
    assert in_loop(tokens) is loops


def test_adapter_base_prefers_the_name_it_was_trained_on(tmp_path):
    (tmp_path / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": "hub/other"}), encoding="utf-8"
    )
    assert adapter_base(tmp_path) == "hub/other"
    (tmp_path / "training_run.json").write_text(
        json.dumps({"settings": {"model_name": "hub/name"}}), encoding="utf-8"
    )
    assert adapter_base(tmp_path) == "hub/name"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny_model(folder / "base")
    write_tiny_adapter(folder / "adapter", folder / "base")
    return folder


@pytest.mark.slow
def test_a_batch_answers_like_single_posts(tiny):
    posts = ["a cup of flour", "recipe", "a cup of flour and a cup of flour in a recipe"]
    generator = load_generator(str(tiny / "base"), batch_size=3)
    seen = []
    together = generator.generate(posts, 12, lambda position, answer: seen.append(position))
    alone = [generator.generate([post], 12)[0] for post in posts]
    assert together == alone
    assert sorted(seen) == [0, 1, 2]
    assert 0 < generator.answer_tokens <= 2 * 3 * 12
    again = generator.generate(posts[:1], 12, repeat=3)
    assert again == generator.generate(posts[:1], 12, repeat=3)
    assert again != alone[:1]


@pytest.mark.slow
def test_a_model_answers_when_unsloth_has_its_class_compute_in_float16(tiny, monkeypatch):
    import torch
    from transformers import Gemma3TextModel

    forward = Gemma3TextModel.forward

    def patched(self, *args, **kwargs):
        output = forward(self, *args, **kwargs)
        output.last_hidden_state = output.last_hidden_state.to(torch.float16)
        return output

    monkeypatch.setattr(Gemma3TextModel, "forward", patched)
    assert load_generator(str(tiny / "adapter")).generate(["a cup of flour"], 4) != [""]


@pytest.mark.slow
def test_an_adapter_is_merged_into_its_base(tiny):
    import torch

    base = load_generator(str(tiny / "base"))
    adapted = load_generator(str(tiny / "adapter"))
    assert not hasattr(adapted.model, "peft_config")
    name = "model.layers.0.self_attn.q_proj.weight"
    before, after = dict(base.model.named_parameters()), dict(adapted.model.named_parameters())
    assert not torch.equal(before[name], after[name])


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_one_sentence(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PipelineError, match="cannot load the model"):
        load_generator(str(tmp_path))


def test_cpu_without_flags_counts_as_without_bf16(monkeypatch, tmp_path):
    class Absent:
        def __init__(self, *parts):
            pass

        def read_text(self, **kwargs):
            raise OSError

    monkeypatch.setattr(inference, "Path", Absent)
    assert inference.cpu_has_bf16() is False
