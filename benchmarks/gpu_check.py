"""05's training loop on a CUDA GPU, once per precision, in at most eight minutes.

    python -m benchmarks.gpu_check          # make gpu-check

Each of bf16, fp16 (as on a T4, which has no bf16) and 4-bit loading runs in a process of its own:
train, resume, evaluate, answer, export. The model is the embedded one or, where that is not
installed, a random one of the same shape, which costs the same and learns as well to lower its loss.
A mode whose packages are missing is skipped with a sentence. Without Unsloth the loop runs on
transformers and PEFT alone (see `stand_ins`).
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import stand_ins
from benchmarks.gpu_inputs import PROMPT, prepare
from benchmarks.stand_ins import BF16, FOUR_BIT, FP16
from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.training.settings import TrainingSettings

MODES = (BF16, FP16, FOUR_BIT)
SECONDS_PER_MODE = 150
ANSWER_TOKENS = 200


def reason_to_skip(mode: str, has_bf16: bool) -> str | None:
    """Why ``mode`` cannot run here; None if it can."""
    if mode == BF16 and not has_bf16:
        return "this GPU has no bf16; 05 trains it as fp16 does here"
    if mode == FOUR_BIT and find_spec("bitsandbytes") is None:
        return "bitsandbytes is not installed (pip install bitsandbytes)"
    return None


def hide_bf16() -> None:
    """Let this process see its GPU as one without bf16, such as a T4."""
    import torch

    torch.cuda.get_device_capability = lambda device=None: (7, 5)
    torch.cuda.is_bf16_supported = lambda including_emulation=True: False


def check_mode(mode: str, model_name: str, work: Path, steps: int) -> dict[str, Any]:
    """Train, resume, evaluate, answer and export; returns the figures of the table's row.

    Raises PipelineError where the outcome is not what it must be.
    """
    names = stand_ins.missing()
    stand_ins.install(names, mode)
    from recipe_pipeline.training.loop import train

    settings = TrainingSettings(
        dataset=str(work / "set.jsonl"),
        model_name=model_name,
        output_dir=str(work / mode / "outputs"),
        save_dir=str(work / mode / "adapter"),
        max_seq_length=2048,
        lora_rank=32,
        batch_size=4,
        gradient_accumulation_steps=1,
        max_steps=steps // 2,
        save_steps=steps // 2,
        learning_rate=1e-3,
        warmup_steps=2,
        lr_scheduler_type="constant_with_warmup",
        decision_weight=3.0,
        eval_split=0.1,
        optimizer="adamw_8bit" if find_spec("bitsandbytes") else "adamw_torch",
        load_4bit=mode == FOUR_BIT,
    )
    train(settings)
    result = train(replace(settings, resume=True, max_steps=steps))
    losses = checked_losses(result.loss_history, result.eval_loss, steps)
    return {
        "tokens_per_second": result.tokens_per_second,
        "peak_bytes": result.peak_memory_bytes,
        "losses": losses,
        "eval_loss": result.eval_loss,
        "answers": answers(settings),
        "export": export(settings),
        "stand_ins": names,
    }


def checked_losses(
    history: list[dict[str, float]], eval_loss: float | None, steps: int
) -> tuple[float, float]:
    """The mean losses of the first and the last quarter of the steps.

    Raises PipelineError unless every step is there once, all losses are finite and they fall.
    """
    trained = [entry for entry in history if "loss" in entry]
    if [entry["step"] for entry in trained] != list(range(1, steps + 1)):
        raise PipelineError(
            f"resuming did not continue: {len(trained)} of {steps} steps in the log"
        )
    losses = [entry["loss"] for entry in trained]
    if eval_loss is None or not all(map(math.isfinite, [*losses, eval_loss])):
        raise PipelineError(f"a loss is not finite: {losses}, held out {eval_loss}")
    part = max(steps // 4, 1)
    first, last = sum(losses[:part]) / part, sum(losses[-part:]) / part
    if last >= first:
        raise PipelineError(f"the loss does not fall: {first:.3f}, then {last:.3f}")
    return first, last


def answers(settings: TrainingSettings) -> str:
    """How many of four posts the adapter answers with JSON (after so few steps often none)."""
    from recipe_pipeline.dataset.chat import post_of
    from recipe_pipeline.llm.replies import parse_answer
    from recipe_pipeline.models.local import load_local
    from recipe_pipeline.training.data import load_chats

    posts = [post_of(chat) for chat in load_chats(settings.dataset)[:4]]
    replies = load_local(settings.save_dir, PROMPT).generate(posts, ANSWER_TOKENS)
    return f"{sum(parse_answer(reply).data is not None for reply in replies)} of {len(posts)}"


def export(settings: TrainingSettings) -> str:
    """The size of the exported GGUF file, or why there is none."""
    from recipe_pipeline.models.export import export_gguf, require_packages

    try:
        require_packages()
    except PipelineError as error:
        return str(error)
    return f"{export_gguf(settings.save_dir).stat().st_size / 1e6:.0f} MB"


def run_mode(mode: str, model_name: str, work: Path, steps: int) -> dict[str, Any]:
    """`check_mode` in a new process; ``failed`` says what went wrong."""
    command = [sys.executable, "-m", "benchmarks.gpu_check", "--mode", mode]
    command += ["--model-name", model_name, "--work", str(work), "--steps", str(steps)]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=False, timeout=SECONDS_PER_MODE
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {SECONDS_PER_MODE} seconds"}
    if done.returncode:
        return {"failed": f"exit code {done.returncode} (see the message above)"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def check_all(
    args: argparse.Namespace, has_bf16: bool, run: Callable[..., dict[str, Any]] = run_mode
) -> int:
    """Every mode, then the table; returns the exit code."""
    lines = ["| mode | tokens/s | peak memory | loss | held out | answers with JSON | GGUF |"]
    lines += ["|---|---|---|---|---|---|---|"]
    remarks, failed, without = [], False, []
    with tempfile.TemporaryDirectory() as folder:
        model = prepare(Path(folder), args.model_name)
        for mode in MODES:
            reason = reason_to_skip(mode, has_bf16)
            if reason:
                remarks.append(f"{mode}: skipped, {reason}")
                continue
            outcome = run(mode, model, Path(folder), args.steps)
            if "failed" in outcome:
                failed = True
                remarks.append(f"{mode}: failed, {outcome['failed']}")
                continue
            without = outcome["stand_ins"]
            lines.append(row(mode, outcome))
    if without:
        remarks.append(f"not installed, replaced by transformers and PEFT: {', '.join(without)}")
    print("\n".join([*lines, "", *remarks]))
    return int(failed)


def row(mode: str, outcome: dict[str, Any]) -> str:
    """A line of the table."""
    first, last = outcome["losses"]
    return (
        f"| {mode} | {outcome['tokens_per_second']:,.0f} | {outcome['peak_bytes'] / 1e9:.1f} GB "
        f"| {first:.2f} to {last:.2f} | {outcome['eval_loss']:.2f} | {outcome['answers']} "
        f"| {outcome['export']} |"
    )


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Flags of the check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--model-name", help="base model as in 05 (default: embedded, else a random one)")
    add("--steps", type=int, default=24, help="optimiser steps per mode, half of them resumed")
    add("--mode", choices=MODES, help=argparse.SUPPRESS)
    add("--work", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Check all modes or, in the child process, one."""
    args = parse_args(argv)
    import torch

    if args.mode:
        if args.mode == FP16:
            hide_bf16()
        try:
            outcome = check_mode(args.mode, args.model_name, args.work, args.steps)
        except PipelineError as error:
            print(f"error: {first_line(error)}", file=sys.stderr)
            return 1
        print(json.dumps(outcome), flush=True)
        return 0
    if not torch.cuda.is_available():
        print("gpu-check: there is no CUDA GPU here, so nothing was checked")
        return 0
    name = torch.cuda.get_device_name()
    print(f"{name}, PyTorch {torch.__version__}", flush=True)
    return check_all(args, torch.cuda.is_bf16_supported(False))


if __name__ == "__main__":
    sys.exit(main())
