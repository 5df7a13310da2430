"""LoRA adapters, merged into a GGUF base without torch."""

import json
import math

import numpy as np
import pytest
from gguf import GGMLQuantizationType, quants
from safetensors.numpy import save_file

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.gguf_file import F32, GgufFile, Tensor
from recipe_pipeline.models.lora_merge import merge_lora
from tests.tiny_gemma import gguf_text

A, B = np.arange(128, dtype="f4").reshape(2, 64) / 128, np.arange(12, dtype="f4").reshape(6, 2)
W = np.linspace(-1, 1, 6 * 64, dtype="f4").reshape(6, 64)
Q8_0, F16 = 8, 1
KEY = "base_model.model.model.layers.3.self_attn.q_proj.lora_{}.weight"


def base(kind=F32, name="blk.3.attn_q.weight"):
    """A model with one matrix, and one more that no adapter changes."""
    data = quants.quantize(W, GGMLQuantizationType(kind)).view(np.uint8).reshape(-1)
    other = Tensor("output_norm.weight", (64,), F32, (np.zeros(256, np.uint8),))
    fields = {"general.architecture": gguf_text("gemma3")}
    return GgufFile(fields, (other, Tensor(name, (64, 6), kind, (data,))))


def adapter(folder, weights=None, **config):
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 8, "bias": "none", **config}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = {KEY.format("A"): A, KEY.format("B"): B} if weights is None else weights
    save_file(weights, folder / "adapter_model.safetensors")
    return folder


def merged(folder, kind=F32):
    """The matrix of `base` with the adapter in ``folder``, and its type."""
    other, tensor = merge_lora(base(kind), folder).tensors
    assert bytes(other.parts[0]) == bytes(256)
    weights = quants.dequantize(tensor.rows(), GGMLQuantizationType(tensor.kind))
    return weights.reshape(6, 64), tensor.kind


def test_the_product_is_added_to_the_matrix_of_that_name(tmp_path):
    weights, kind = merged(adapter(tmp_path))
    assert kind == F32
    np.testing.assert_allclose(weights, W + 4 * B @ A, rtol=1e-5)


def test_a_quantised_base_stays_quantised(tmp_path):
    weights, kind = merged(adapter(tmp_path), Q8_0)
    assert kind == Q8_0
    expected = W + 4 * B @ A
    assert np.abs(weights - expected).max() < 0.02 * np.abs(expected).max()


def test_rslora_is_scaled_by_the_root_of_the_rank(tmp_path):
    weights, _ = merged(adapter(tmp_path, use_rslora=True))
    np.testing.assert_allclose(weights, W + 8 / math.sqrt(2) * B @ A, rtol=1e-5)


def test_sixteen_bits_are_read_without_torch(tmp_path):
    expected, _ = merged(adapter(tmp_path))
    half = {key: value.astype("f2") for key, value in ((KEY.format("A"), A), (KEY.format("B"), B))}
    assert np.array_equal(merged(adapter(tmp_path, half))[0], expected)
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    brain = {key: torch.tensor(value).bfloat16() for key, value in half.items()}
    save_torch(brain, tmp_path / "adapter_model.safetensors")
    assert np.array_equal(merged(tmp_path)[0], expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({KEY.format("A"): A}, "half of blk.3.attn_q.weight is missing"),
        ({KEY.format("A"): A[:, :32], KEY.format("B"): B}, "does not fit the base model"),
        ({KEY.format("A"): A, KEY.format("B"): B * np.nan}, "NaN"),
        ({"model.embed_tokens.weight": A}, "unexpected tensor"),
        ({KEY.replace("3", "77").format(side): A for side in "AB"}, "does not fit"),
        ({}, "no weights"),
    ],
)
def test_weights_that_cannot_be_used_are_one_sentence(tmp_path, change, message):
    with pytest.raises(PipelineError, match=message):
        merged(adapter(tmp_path, change))


@pytest.mark.parametrize(
    "pattern", [{"rank_pattern": {"q_proj": 4}}, {"alpha_pattern": {"q_proj": 4}}]
)
def test_layers_with_a_scale_of_their_own_are_refused(tmp_path, pattern):
    with pytest.raises(PipelineError, match="merge it with PEFT"):
        merged(adapter(tmp_path, **pattern))


@pytest.mark.parametrize("cut", [0, 5, 200, -3])
def test_a_broken_download_is_one_sentence(tmp_path, cut):
    file = adapter(tmp_path) / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(PipelineError, match=r"is damaged .*: restore it or train again"):
        merged(tmp_path)


@pytest.mark.slow
def test_llama_cpp_answers_as_peft_does(tiny, tmp_path, monkeypatch):
    pytest.importorskip("xllamacpp")
    from recipe_pipeline.models import local
    from recipe_pipeline.models.export import export_gguf
    from recipe_pipeline.models.gguf import GgufGenerator

    monkeypatch.setattr(local, "inference_dtype", lambda: "float32")
    posts = ["a cup of flour", "recipe", "½ cup"]
    expected = local.load_local(str(tiny / "adapter"), "recipe").generate(posts, 24)
    base = export_gguf(tiny / "base", tmp_path, quantization="F16")
    answers = GgufGenerator(base, adapter=tiny / "adapter", system_prompt="recipe")
    assert answers.generate(posts, 24) == expected
    assert GgufGenerator(base, system_prompt="recipe").generate(posts, 24) != expected
