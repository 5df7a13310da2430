"""Stand-ins for Unsloth, TRL and datasets, so that 05's loop runs on machines without them.

05's own are then the data, the loss, resuming, evaluation, saving and the record; the model, LoRA and
the trainer's base class come from transformers and PEFT, without Unsloth's kernels.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

BF16, FP16, FOUR_BIT = "bf16", "fp16", "4bit"
_ONLY_TRL = ("max_length", "packing", "dataset_kwargs")  # SFTConfig's own


def missing() -> list[str]:
    """The packages that need a stand-in here. TRL belongs to Unsloth, which sets its precision."""
    names = [name for name in ("unsloth", "trl", "datasets") if find_spec(name) is None]
    return ["unsloth", "trl", *names[names.index("unsloth") + 1 :]] if "unsloth" in names else names


def install(names: list[str], mode: str) -> None:
    """Put a stand-in for each of ``names`` into ``sys.modules``; ``mode``: BF16, FP16 or FOUR_BIT."""
    # Imported first: transformers must not take the stand-ins for the real packages.
    import transformers.trainer  # noqa: F401

    contents = {
        "unsloth": {"FastModel": _fast_model(mode)},
        "trl": {"SFTConfig": partial(_config, mode), "SFTTrainer": _trainer_class()},
        "datasets": {"Dataset": Rows},
    }
    for name in dict.fromkeys(names):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        vars(module).update(contents[name])
        sys.modules[name] = module


class Rows(list):
    """As much of ``datasets.Dataset`` as the loop uses."""

    @classmethod
    def from_list(cls, rows: list[dict[str, Any]]) -> Rows:
        return cls(rows)


def _fast_model(mode: str) -> type:
    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    # What a GPU without bf16 trains are float32 weights under fp16 autocast: Gemma 3's activations
    # exceed fp16.
    can_bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported(False)
    dtype = torch.bfloat16 if mode != FP16 and can_bf16 else torch.float32

    class FastModel:
        @staticmethod
        def from_pretrained(model_name: str, load_in_4bit: bool, **_: Any) -> tuple[Any, Any]:
            options: dict[str, Any] = {"dtype": dtype}
            if torch.cuda.is_available():
                options["device_map"] = {"": 0}
            if load_in_4bit:
                options["quantization_config"] = BitsAndBytesConfig(
                    load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
                )
            model = AutoModelForCausalLM.from_pretrained(model_name, **options)
            return model, AutoTokenizer.from_pretrained(model_name)

        @staticmethod
        def get_peft_model(
            model: Any,
            use_gradient_checkpointing: Any,
            random_state: int,
            max_seq_length: int,
            **lora: Any,
        ) -> Any:
            torch.manual_seed(random_state)
            checkpointing = bool(use_gradient_checkpointing)
            if mode == FOUR_BIT:
                model = prepare_model_for_kbit_training(model, checkpointing)
            elif checkpointing:
                model.enable_input_require_grads()
            return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **lora))

    return FastModel


def _config(mode: str, **arguments: Any) -> Any:
    import torch
    from transformers import TrainingArguments

    for name in _ONLY_TRL:
        arguments.pop(name, None)
    if torch.cuda.is_available():
        half = mode == FP16 or not torch.cuda.is_bf16_supported(False)
        arguments |= {"fp16": half, "bf16": not half}
    else:
        arguments |= {"use_cpu": True}
    return TrainingArguments(**arguments)


def _trainer_class() -> type:
    from transformers import Trainer

    class SFTTrainer(Trainer):
        def __init__(self, processing_class: Any, **options: Any) -> None:
            collate = partial(padded, padding=processing_class.pad_token_id)
            super().__init__(processing_class=processing_class, data_collator=collate, **options)

    return SFTTrainer


def padded(rows: list[dict[str, Any]], padding: int) -> dict[str, Any]:
    """Tensors of shape (rows, longest), padded on the right; padding has no label."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    from recipe_pipeline.training.data import IGNORE

    def batch(values: list[list[int]], fill: int) -> Any:
        return pad_sequence([torch.tensor(v) for v in values], True, fill)

    ids = [row["input_ids"] for row in rows]
    return {
        "input_ids": batch(ids, padding),
        "attention_mask": batch([[1] * len(row) for row in ids], 0),
        "labels": batch([row["labels"] for row in rows], IGNORE),
    }
