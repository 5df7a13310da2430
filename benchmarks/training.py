"""Examples per second of three ways to finetune, on the same data and machine, in one run.

    python -m benchmarks.training --dataset quickstart_output/finetuning_dataset_train.jsonl

* ours: script 05's training loop with its defaults for LoRA rank and batch size;
* plain: transformers + TRL + PEFT as in their documentation, without Unsloth (on a CPU
  transformers + PEFT, since TRL's loss needs a GPU);
* notebook: Unsloth with the settings of its public Gemma 3 270M notebook (rank 128, batch 4, its
  gradient checkpointing, loss on responses only).

Each way runs in a process of its own, on the same examples in the same number of optimiser steps.
All are judged by the loss on the same held-out examples (full vocabulary, answer tokens only).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from recipe_pipeline.training.settings import LORA_TARGETS, TrainingSettings

HELD_OUT = 8
BATCH = 4


def run_way(way: str, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run one way in a new process; returns what it printed as its last line."""
    command = [sys.executable, "-m", "benchmarks.training", "--way", way, "--work", str(folder)]
    command += ["--dataset", str(args.dataset), "--examples", str(args.examples)]
    command += ["--model-name", args.model_name, "--rank", str(args.rank), "--rate", str(args.rate)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return {"way": way, "failed": done.returncode}
    return json.loads(done.stdout.strip().splitlines()[-1])


def prepare(args: argparse.Namespace, tokenizer: Any) -> tuple[Any, Any]:
    """(train, held-out) token rows, the same for every way."""
    from recipe_pipeline.training import data

    chats = data.load_chats(args.dataset)
    rows = data.tokenise(chats[: args.examples + HELD_OUT], tokenizer, 8192).rows
    return rows[HELD_OUT:], rows[:HELD_OUT]


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
    return measure(build_trainer(model, tokenizer, settings, rows, None, []), held_out)


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
    """transformers + TRL + PEFT with their defaults.

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


WAYS = {"ours": ours, "plain": plain, "notebook": notebook}


def table(results: list[dict[str, Any]]) -> str:
    """The results as a Markdown table; ratios are relative to ours."""
    lines = ["| way | examples/s | ours is faster by | peak memory | held-out loss |"]
    lines.append("|---|---|---|---|---|")
    fastest = next((r for r in results if r["way"] == "ours" and "failed" not in r), None)
    for result in results:
        if "failed" in result:
            lines.append(f"| {result['way']} | failed ({result['failed']}) | | | |")
            continue
        speed = result["examples_per_second"]
        ratio = f"{fastest['examples_per_second'] / speed:.2f} x" if fastest else ""
        lines.append(
            f"| {result['way']} | {speed:.3f} | {ratio} | {result['peak_bytes'] / 1e9:.1f} GB "
            f"| {result['held_out_loss']:.4f} |"
        )
    return "\n".join(lines)


def parse_args() -> argparse.Namespace:
    """Flags of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--dataset", type=Path, default=Path("quickstart_output/finetuning_dataset_train.jsonl"))
    add("--examples", type=int, default=16, help=f"training examples, a multiple of {BATCH}")
    add("--model-name", default="embedded")
    add("--rank", type=int, default=128)
    add("--rate", type=float, default=2e-4, help="learning rate of every way")
    add("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    add("--way", choices=WAYS, help=argparse.SUPPRESS)
    add("--work", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run all ways one after the other, or (in the child process) one."""
    args = parse_args()
    if args.way:
        print(json.dumps({"way": args.way, **WAYS[args.way](args)}), flush=True)
        return 0
    if not args.dataset.is_file():
        print(f"error: no dataset at {args.dataset}: run make quickstart first", file=sys.stderr)
        return 1
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with tempfile.TemporaryDirectory() as folder:
        results = [run_way(way, args, Path(folder)) for way in args.ways]
    print(table(results))
    return 1 if any("failed" in result for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
