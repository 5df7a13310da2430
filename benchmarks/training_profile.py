"""Where the time of a training step on a CPU goes, with the plain loop and with the fused one.

    python -m benchmarks.training_profile                                  # 2 minutes on two cores
    python -m benchmarks.training_profile --loops fused --steps 1000       # does memory stay?
    python -m benchmarks.training_profile --tokens 0 --steps 200           # do they learn the same?

Script 05's loop with the preset for real pages, each kind in a process of its own: the shares are of
the wall time of five steps under torch.profiler (operators by their own time; the rest is Python,
allocation and the optimiser), memory is resident memory after the step, losses are means over blocks of
steps. The plain loop repeats itself to the last digit, with one thread as with two.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.new_process import in_new_process
from benchmarks.training_ways import dataset_in, joined, without_fused_pieces
from recipe_pipeline.training.settings import TrainingSettings

LOOPS = ("plain", "fused")
MEMORY_AT = (10, 100, 1000)  # steps: memory that grows with them would end a long training
BLOCK = 25  # steps per mean loss
WARM, PROFILED = 2, 5
REST = "the rest"
KINDS = {
    "matrix products": ("mm", "addmm", "addmm_", "linear", "matmul", "mv", "mkldnn_linear"),
    "attention products": ("bmm", "baddbmm", "_scaled_dot_product"),
    "copies and casts": (
        *("copy_", "_to_copy", "clone", "contiguous", "cat", "fill_", "zero_", "index"),
        *("index_put_", "_index_put_impl_", "masked_select", "gather", "embedding"),
    ),
    "element-wise": (
        *("mul", "mul_", "add", "add_", "sub", "div", "div_", "neg", "pow", "rsqrt", "rsqrt_"),
        *("gelu", "gelu_backward", "addcmul_", "masked_fill_", "where", "sum", "mean", "square_"),
        *(
            "linalg_vector_norm",
            "linalg_vecdot",
            "_softmax",
            "_softmax_backward_data",
            "cos",
            "sin",
        ),
        *("isfinite", "bitwise_and", "le", "gt", "ne", "addcdiv_", "sqrt", "pow_"),
    ),
}


def kind_of(operator: str) -> str:
    """The kind of a torch operator by the name that the profiler gives it."""
    name = operator.removeprefix("aten::")
    if name.startswith("_scaled_dot_product"):
        return "attention products"
    if "cpp_fused" in name or name.startswith(("CompiledFunction", "Torch-Compiled")):
        return "element-wise"  # what Unsloth compiles are norms and rotary embeddings
    return next((kind for kind, names in KINDS.items() if name in names), REST)


def shares(seconds: dict[str, float], wall: float) -> dict[str, float]:
    """Kind -> share of ``wall``; ``seconds``: own time by operator. The rest makes it 1."""
    result = dict.fromkeys(KINDS, 0.0)
    for operator, own in seconds.items():
        if (kind := kind_of(operator)) != REST:
            result[kind] += own / wall
    return {**result, REST: max(0.0, 1 - sum(result.values()))}


def watch(steps: int) -> Any:
    """A trainer callback that profiles `PROFILED` steps and notes resident memory in bytes."""
    import psutil
    from torch.profiler import ProfilerActivity, profile
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        def __init__(self) -> None:
            self.memory: dict[int, int] = {}
            self.profiler = profile(activities=[ProfilerActivity.CPU])
            self.wall = 0.0

        def on_step_begin(self, args, state, control, **kwargs):
            if state.global_step == WARM:
                self.profiler.start()
                self.wall = time.perf_counter()

        def on_step_end(self, args, state, control, **kwargs):
            if state.global_step == WARM + PROFILED:
                self.wall = time.perf_counter() - self.wall
                self.profiler.stop()
            if state.global_step in (*MEMORY_AT, steps):
                self.memory[state.global_step] = psutil.Process().memory_info().rss

        def seconds(self) -> dict[str, float]:
            events = self.profiler.key_averages()
            return {event.key: event.self_cpu_time_total / 1e6 for event in events}

    return Watch()


def profile_loop(loop: str, args: argparse.Namespace) -> dict[str, Any]:
    """Train ``args.steps`` steps with one loop; shares, seconds per step, tokens and memory."""
    from recipe_pipeline.training import data
    from recipe_pipeline.training.trainer import add_lora, build_trainer, load_model

    if loop == "plain":
        without_fused_pieces()
    settings = TrainingSettings(
        dataset=str(args.dataset),
        model_name=args.model_name,
        lora_rank=32,
        learning_rate=4.5e-4,
        batch_size=1,
        gradient_accumulation_steps=1,
        max_steps=args.steps,
        save_steps=args.steps + 1,
        output_dir=str(args.work / loop),
        decision_weight=6.0,
    )
    model, tokenizer = load_model(settings)
    rows = data.tokenise(data.load_chats(settings.dataset), tokenizer, 8192).rows
    train_set = data.TokenisedExamples(joined(rows, args.tokens))
    model = add_lora(model, settings, train_set.longest)
    watcher = watch(args.steps)
    trainer = build_trainer(model, tokenizer, settings, train_set, None)
    trainer.add_callback(watcher)
    trainer.train()
    return {
        "shares": shares(watcher.seconds(), watcher.wall),
        "step_seconds": watcher.wall / PROFILED,
        "tokens": train_set.tokens / len(train_set),
        "memory": watcher.memory,
        "losses": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """The loops side by side as a Markdown table."""
    lines = ["| | " + " | ".join(results) + " |", "|---" * (len(results) + 1) + "|"]

    def line(label: str, cells: list[str]) -> None:
        lines.append(f"| {label} | " + " | ".join(cells) + " |")

    found = list(results.values())
    for kind in (*KINDS, REST):
        line(kind, [f"{r['shares'][kind]:.0%}" for r in found])
    line("seconds per step (profiled)", [f"{r['step_seconds']:.2f}" for r in found])
    line("tokens per step", [f"{r['tokens']:,.0f}" for r in found])
    for step in sorted({step for r in found for step in r["memory"]}):
        cells = [r["memory"].get(step) for r in found]
        line(f"memory after step {step}", [f"{c / 1e9:.2f} GB" if c else "" for c in cells])
    losses = [[float(loss) for loss in r["losses"]] for r in found]
    if len(losses[0]) >= 2 * BLOCK:
        for begin in range(0, len(losses[0]), BLOCK):
            blocks = [each[begin : begin + BLOCK] for each in losses]
            label = f"mean loss, steps {begin + 1} to {begin + len(blocks[0])}"
            line(label, [f"{mean(block):.4f}" for block in blocks])
        apart = [
            mean(abs(one - other) for one, other in zip(each, losses[0], strict=True))
            for each in losses
        ]
        line(f"mean distance from {next(iter(results))}, step by step", [f"{a:.4f}" for a in apart])
    return "\n".join(lines)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Flags of the profile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--dataset", type=Path, help="of 04 (default: quickstart's, else the bundled recipes)")
    add("--tokens", type=int, default=1000, help="examples are joined to at least so many tokens")
    add("--steps", type=int, default=10, help=f"optimiser steps, at least {WARM + PROFILED}")
    add("--model-name", default="embedded")
    add("--loops", nargs="+", choices=LOOPS, default=list(LOOPS))
    return parser.parse_args(argv)


def main() -> int:
    """Profile each loop in a process of its own."""
    args = parse_args()
    if args.steps < WARM + PROFILED:
        print(f"error: --steps must be at least {WARM + PROFILED}", file=sys.stderr)
        return 1
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        args.work, args.dataset = Path(folder), dataset_in(Path(folder), args.dataset)
        for loop in args.loops:
            results[loop] = in_new_process(profile_loop, loop, args)
            if "failed" in results[loop]:
                print(f"error: the {loop} loop: {results[loop]['failed']}", file=sys.stderr)
                return 1
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
