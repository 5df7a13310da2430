"""LoRA adapters for llama.cpp, written without torch."""

import json
import math

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.gguf_file import GgufFile, Tensor, read_gguf, text_field
from recipe_pipeline.models.lora_gguf import is_plain_lora, write_lora_gguf

A, B = np.arange(8, dtype="f4").reshape(2, 4), np.arange(12, dtype="f4").reshape(6, 2)
KEY = "base_model.model.model.layers.3.self_attn.q_proj.lora_{}.weight"
BASE = GgufFile(
    {"general.architecture": text_field("gemma3")},
    (Tensor("blk.3.attn_q.weight", (4, 6), 8, (np.zeros(32, np.uint8),)),),
)


def adapter(folder, weights=None, **config):
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 8, "bias": "none", **config}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = {KEY.format("A"): A, KEY.format("B"): B} if weights is None else weights
    save_file(weights, folder / "adapter_model.safetensors")
    return folder


def converted(folder):
    write_lora_gguf(folder, folder / "a.gguf", BASE)
    contents = read_gguf(folder / "a.gguf")
    return contents, {
        t.name: t.data[: 4 * t.shape[0] * t.shape[1]].view("<f4").reshape(t.shape[::-1])
        for t in contents.tensors
    }


def test_the_matrices_get_the_names_of_the_base(tmp_path):
    contents, arrays = converted(adapter(tmp_path))
    assert contents.value("adapter.lora.alpha") == 8
    assert contents.value("general.type") == "adapter"
    assert np.array_equal(arrays["blk.3.attn_q.weight.lora_a"], A)
    assert np.array_equal(arrays["blk.3.attn_q.weight.lora_b"], B)


def test_rslora_is_scaled_by_the_root_of_the_rank(tmp_path):
    contents, _ = converted(adapter(tmp_path, use_rslora=True))
    # llama.cpp divides by the rank
    assert contents.value("adapter.lora.alpha") / 2 == pytest.approx(8 / math.sqrt(2))


def test_sixteen_bits_are_read_without_torch(tmp_path):
    half = {key: value.astype("f2") for key, value in ((KEY.format("A"), A), (KEY.format("B"), B))}
    assert np.array_equal(converted(adapter(tmp_path, half))[1]["blk.3.attn_q.weight.lora_b"], B)
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    brain = {key: torch.tensor(value).bfloat16() for key, value in half.items()}
    save_torch(brain, tmp_path / "adapter_model.safetensors")
    assert np.array_equal(converted(tmp_path)[1]["blk.3.attn_q.weight.lora_a"], A)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({KEY.format("A"): A}, "half of blk.3.attn_q.weight is missing"),
        ({KEY.format("A"): A[:, :3], KEY.format("B"): B}, "does not fit the base model"),
        ({KEY.format("A"): A, KEY.format("B"): B * np.nan}, "NaN"),
        ({"model.embed_tokens.weight": A}, "unexpected tensor"),
        ({KEY.replace("3", "77").format(side): A for side in "AB"}, "does not fit"),
        ({}, "no weights"),
    ],
)
def test_weights_that_cannot_be_used_are_one_sentence(tmp_path, change, message):
    with pytest.raises(PipelineError, match=message):
        converted(adapter(tmp_path, change))


@pytest.mark.parametrize("cut", [0, 5, 200, -3])
def test_a_broken_download_is_one_sentence(tmp_path, cut):
    file = adapter(tmp_path) / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(PipelineError, match=r"is damaged .*: restore it or train again"):
        converted(tmp_path)


def test_only_plain_lora_is_converted(tmp_path):
    assert is_plain_lora(adapter(tmp_path))
    for config in ({"use_dora": True}, {"bias": "all"}, {"modules_to_save": ["lm_head"]}):
        assert not is_plain_lora(adapter(tmp_path, **config))
    assert not is_plain_lora(tmp_path / "nothing")


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


def test_the_safetensors_of_a_tiny_adapter_are_all_converted(tiny, tmp_path):
    weights = load_file(tiny / "adapter" / "adapter_model.safetensors")
    pairs = {}
    for key, array in weights.items():
        layer, module = key.split("layers.")[1].split(".lora_")[0].split(".", 1)
        name = {"self_attn.q_proj": "attn_q", "self_attn.v_proj": "attn_v"}.get(module, "ffn_down")
        side = "a" if "lora_A" in key else "b"
        pairs.setdefault(f"blk.{layer}.{name}.weight", {})[side] = array.shape
    tensors = tuple(
        Tensor(name, (p["a"][1], p["b"][0]), 0, (np.zeros(32, np.uint8),))
        for name, p in pairs.items()
    )
    write_lora_gguf(tiny / "adapter", tmp_path / "a.gguf", GgufFile(BASE.fields, tensors))
    assert len(read_gguf(tmp_path / "a.gguf").tensors) == len(weights)
