"""The trainings that `training` and `training_profile` compare, each on the same token rows."""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import Path
from typing import Any

from benchmarks.gpu_inputs import write_dataset
from recipe_pipeline.common.storage import PROJECT_ROOT
from recipe_pipeline.training.settings import LORA_TARGETS, TrainingSettings

HELD_OUT = 8
BATCH = 4
QUICKSTART = Path("quickstart_output/finetuning_dataset_train.jsonl")
# Rows of quickstart's dataset (600 tokens on average) are joined until they have at least so many:
# 1,300 on average for the training on real pages.
LEAST_TOKENS = {"quickstart": 0, "real-pages": 1000}


def dataset_in(folder: Path, chosen: Path | None) -> Path:
    """``chosen``, else quickstart's dataset if there is one, else the bundled recipes as posts."""
    if chosen or QUICKSTART.is_file():
        return chosen or QUICKSTART
    write_dataset(folder / "set.jsonl", PROJECT_ROOT / "sample_data" / "recipes.csv")
    return folder / "set.jsonl"


def without_fused_pieces() -> None:
    """For the rest of this process 05 trains on a CPU with plain attention, LoRA, norms and memory.

    The loss is that over the whole vocabulary.
    """
    from recipe_pipeline.training import cpu
    from recipe_pipeline.training.answer_loss import with_answer_loss

    cpu.with_answer_loss = lambda stock, token_weight, **_: with_answer_loss(stock, token_weight)
    cpu.causal_blocks_in = cpu.fused_layers = lambda model: contextlib.nullcontext()
    cpu.keep_freed_memory = lambda: None


def joined(rows: list[dict[str, Any]], least: int) -> list[dict[str, Any]]:
    """Rows of at least ``least`` tokens, each made of as many ``rows`` as that takes."""
    result, row = [], None
    for part in rows:
        row = {name: row[name] + part[name] for name in part} if row else part
        if row["length"] >= least:
            result.append(row)
            row = None
    return result


def prepare(args: argparse.Namespace, tokenizer: Any) -> tuple[Any, Any]:
    """(train, held-out) token rows, the same for every way."""
    from recipe_pipeline.training import data

    chats = data.load_chats(args.dataset)
    rows = joined(data.tokenise(chats, tokenizer, 8192).rows, LEAST_TOKENS[args.lengths])
    return rows[HELD_OUT : HELD_OUT + args.examples], rows[:HELD_OUT]


def measure(trainer: Any, held_out: list[dict[str, Any]]) -> dict[str, Any]:
    """Train, then compute the loss on ``held_out`` in the same way for all trainers."""
    import torch

    from recipe_pipeline.training.loop import peak_memory_bytes

    started = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - started
    peak = peak_memory_bytes()
    model = trainer.model.eval()
    total, count = 0.0, 0
    with torch.inference_mode():
        for row in held_out:
            ids = torch.tensor([row["input_ids"]], device=model.device)
            labels = torch.tensor(row["labels"][1:], device=model.device)
            logits = model(input_ids=ids).logits[0, :-1].float()
            answer = labels != -100
            total += torch.nn.functional.cross_entropy(
                logits[answer], labels[answer], reduction="sum"
            ).item()
            count += int(answer.sum())
    return {
        "examples_per_second": trainer.state.global_step * BATCH / seconds,
        "peak_bytes": peak,
        "held_out_loss": total / count,
    }


def ours(args: argparse.Namespace) -> dict[str, Any]:
    """Script 05's loop."""
    from recipe_pipeline.training.data import TokenisedExamples
    from recipe_pipeline.training.trainer import add_lora, build_trainer, load_model

    settings = TrainingSettings(
        dataset=str(args.dataset),
        model_name=args.model_name,
        lora_rank=args.rank,
        learning_rate=args.rate,
        batch_size=BATCH,
        gradient_accumulation_steps=1,
        max_steps=args.examples // BATCH,
        output_dir=str(args.work / "ours"),
    )
    model, tokenizer = load_model(settings)
    train, held_out = prepare(args, tokenizer)
    rows = TokenisedExamples(train)
    model = add_lora(model, settings, rows.longest)
    return measure(build_trainer(model, tokenizer, settings, rows, None), held_out)


def before(args: argparse.Namespace) -> dict[str, Any]:
    """Script 05's loop without the fused pieces of `training.cpu`."""
    without_fused_pieces()
    return ours(args)


def common_arguments(args: argparse.Namespace, folder: str) -> dict[str, Any]:
    """Trainer arguments that the other two ways share."""
    return {
        "output_dir": str(args.work / folder),
        "per_device_train_batch_size": BATCH,
        "gradient_accumulation_steps": 1,
        "max_steps": args.examples // BATCH,
        "learning_rate": args.rate,
        "warmup_steps": 5,
        "lr_scheduler_type": "linear",
        "weight_decay": 0.001,
        "seed": 3407,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "remove_unused_columns": False,
    }


def plain(args: argparse.Namespace) -> dict[str, Any]:
    """transformers + TRL + PEFT with their defaults, a batch as `BATCH` examples one after another.

    All of them at once need 20 GB at quickstart's lengths, for logits over the whole vocabulary.

    Without a GPU the trainer is transformers' own: the loss of TRL 1.15 is a Triton kernel, which has
    no CPU driver ("0 active drivers").
    """
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from recipe_pipeline.models import base as base_model
    from recipe_pipeline.models.local import inference_dtype

    path = base_model.resolve(args.model_name)
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=inference_dtype())
    train, held_out = prepare(args, tokenizer)
    lora = LoraConfig(
        r=args.rank,
        lora_alpha=args.rank,
        target_modules=list(LORA_TARGETS),
        task_type="CAUSAL_LM",
    )
    common = {"bf16": model.dtype == torch.bfloat16, **common_arguments(args, "plain")}
    common |= {"per_device_train_batch_size": 1, "gradient_accumulation_steps": BATCH}
    rows = Dataset.from_list(train)
    if torch.cuda.is_available():
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(**common),
            train_dataset=rows,
            processing_class=tokenizer,
            peft_config=lora,
        )
    else:
        common.pop("dataset_kwargs")
        trainer = Trainer(
            model=get_peft_model(model, lora),
            args=TrainingArguments(use_cpu=True, **common),
            train_dataset=rows,
            data_collator=DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad_token_id),
            processing_class=tokenizer,
        )
    return measure(trainer, held_out)


def notebook(args: argparse.Namespace) -> dict[str, Any]:
    """Unsloth with the settings of its public Gemma 3 270M notebook."""
    from recipe_pipeline.training.trainer import load_model

    settings = TrainingSettings(model_name=args.model_name, max_seq_length=2048)
    model, tokenizer = load_model(settings)
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer
    from unsloth import FastModel

    train, held_out = prepare(args, tokenizer)
    model = FastModel.get_peft_model(
        model,
        r=args.rank,
        target_modules=list(LORA_TARGETS),
        lora_alpha=args.rank,
        lora_dropout=0,
        bias="none",
        use_gradient_checkpointing="unsloth",
        random_state=3407,
    )
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(optim="adamw_8bit", **common_arguments(args, "notebook")),
        train_dataset=Dataset.from_list(train),
        processing_class=tokenizer,
    )
    return measure(trainer, held_out)


WAYS = {"ours": ours, "before": before, "plain": plain, "notebook": notebook}
