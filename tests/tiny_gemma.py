"""A Gemma 3 of a few thousand weights with a working tokenizer, for tests of the code around it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from recipe_pipeline.models.tokenizer import (
    BYTE,
    CONTROL,
    NORMAL,
    UNKNOWN,
    USER_DEFINED,
    Vocabulary,
    gemma_tokenizer,
)

# In order of priority; each joins two earlier pieces or characters.
MERGED = [
    "in",
    "er",
    "re",
    "▁a",
    "▁in",
    "ci",
    "pe",
    "cipe",
    "recipe",
    "▁recipe",
    "us",
    "user",
    "el",
]
MERGED += ["od", "od" + "el", "m" + "odel", "up", "cup", "▁cup", "ur", "our", "lour", "flour"]
CHARACTERS = (
    "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?'\"(){}[]/@-_<>½é"
)


def tiny_vocabulary() -> Vocabulary:
    """Special tokens, runs of line breaks and spaces, 256 bytes, a few merges, single characters."""
    rows: list[tuple[str, float, int]] = [
        ("<pad>", -1000.0, CONTROL),
        ("<eos>", -1000.0, CONTROL),
        ("<bos>", -1000.0, CONTROL),
        ("<unk>", -1000.0, UNKNOWN),
        ("<mask>", -1000.0, CONTROL),
        ("<start_of_turn>", -1000.0, CONTROL),
        ("<end_of_turn>", -1000.0, CONTROL),
        ("\n", -1000.0, USER_DEFINED),
        ("\n\n", -1000.0, USER_DEFINED),
        ("  ", -1000.0, USER_DEFINED),
    ]
    rows += [(f"<0x{byte:02X}>", 0.0, BYTE) for byte in range(256)]
    rows += [(piece, -1.0 - rank, NORMAL) for rank, piece in enumerate(MERGED)]
    rows += [(c, -1.0 - len(MERGED) - rank, NORMAL) for rank, c in enumerate(CHARACTERS)]
    tokens, scores, types = zip(*rows, strict=True)
    return Vocabulary(tokens, scores, types)


def write_tiny_tokenizer(folder: Path, template: str | None = None) -> None:
    """``tokenizer.json`` and ``tokenizer_config.json`` as transformers saves them."""
    tokenizer = gemma_tokenizer(tiny_vocabulary())
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)


def write_tiny_model(folder: Path, seed: int = 0, **shape: Any) -> Any:
    """A random two-layer Gemma 3 in ``folder``; returns the model. ``shape``: changes of its config."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    torch.manual_seed(seed)
    values = {
        "vocab_size": len(tiny_vocabulary().tokens),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "query_pre_attn_scalar": 32,  # llama.cpp assumes that this is the head dimension
        "sliding_window": 64,
        "max_position_embeddings": 512,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 2,
    }
    config = Gemma3TextConfig(**{**values, **shape})
    model = Gemma3ForCausalLM(config).eval()
    # Byte tokens never win: random bytes are not UTF-8, which every library decodes differently.
    is_byte = torch.tensor([kind == BYTE for kind in tiny_vocabulary().types])
    model.get_input_embeddings().weight.data[: len(is_byte)][is_byte] = 0
    model.save_pretrained(folder)
    write_tiny_tokenizer(folder)
    return model


def write_tiny_adapter(folder: Path, base: Path, seed: int = 1) -> Any:
    """A random LoRA adapter on the tiny model in ``base``, saved as 05 does; returns its model."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    lora = LoraConfig(
        r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False
    )
    adapted = get_peft_model(model, lora).eval()
    adapted.save_pretrained(folder)
    write_tiny_tokenizer(folder)
    return adapted


def gguf_text(text: str) -> bytes:
    """A string as the value of a field in a GGUF file."""
    data = text.encode()
    return struct.pack("<IQ", 8, len(data)) + data
