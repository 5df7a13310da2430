"""Local generation on a tiny random Gemma 3."""

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import local
from recipe_pipeline.models.loading import load_generator


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

    monkeypatch.setattr(local, "Path", Absent)
    assert local.cpu_has_bf16() is False
