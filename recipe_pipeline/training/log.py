"""What a training says while it runs: W&B's log lines, speed and memory; memory in the terminal."""

from __future__ import annotations

import threading
import time
from typing import Any

MEMORY_AT = (10, 100, 1000)  # steps: memory that grows with them would end a long training
STEP_METRIC = "train/global_step"
# The trainer's names -> ours where they differ in more than the prefix; W&B groups charts by prefix.
_METRIC_NAMES = {"mean_token_accuracy": "train/token_accuracy", "num_tokens": "train/tokens"}


def training_log(run: Any) -> Any:
    """A transformers ``TrainerCallback`` that logs to the W&B run ``run``."""
    from transformers import TrainerCallback

    class TrainingLog(TrainerCallback):
        def __init__(self) -> None:
            self.tokens_per_step = 0.0
            self.timed_from = (0, 0.0)  # step, time
            self.best = float("inf")

        def on_train_begin(self, args, state, control, train_dataloader=None, **kwargs):
            lengths = train_dataloader.dataset["length"]
            examples = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
            self.tokens_per_step = sum(lengths) / len(lengths) * examples
            self.timed_from = (state.global_step, time.perf_counter())

        def on_step_begin(self, args, state, control, **kwargs):
            # wandb's agent ends a trial by raising a bare Exception() in its thread. Code that
            # swallows exceptions may lose it, but the mark on the thread stays.
            if getattr(threading.current_thread(), "_terminated", False):
                raise Exception()

        def on_evaluate(self, args, state, control, **kwargs):
            # Evaluation time does not count in tokens per second.
            self.timed_from = (state.global_step, time.perf_counter())

        def on_log(self, args, state, control, logs=None, **kwargs):
            if not logs or not state.is_world_process_zero:
                return
            if "train_runtime" in logs:
                run.summary.update({"train/runtime_seconds": logs["train_runtime"]})
                return
            metrics = {
                _metric_name(name): value
                for name, value in logs.items()
                if isinstance(value, int | float) and not isinstance(value, bool)
            }
            if "loss" in logs:
                metrics |= self.speed(state.global_step) | memory_metrics()
            if "eval_loss" in logs:
                self.best = min(self.best, logs["eval_loss"])
                run.summary.update({"eval/best_loss": self.best})
            run.log({**metrics, STEP_METRIC: state.global_step})

        def speed(self, step: int) -> dict[str, float]:
            before, now = self.timed_from, (step, time.perf_counter())
            self.timed_from = now
            if step <= before[0]:
                return {}
            tokens = self.tokens_per_step * (step - before[0])
            return {"train/tokens_per_second": tokens / max(now[1] - before[1], 1e-9)}

    return TrainingLog()


def memory_lines() -> Any:
    """A transformers ``TrainerCallback`` that prints resident memory after the steps `MEMORY_AT`."""
    import psutil
    from transformers import TrainerCallback

    class MemoryLines(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            if state.global_step in MEMORY_AT and state.is_world_process_zero:
                used = psutil.Process().memory_info().rss / 1e9
                print(f"\nmemory after step {state.global_step:,}: {used:.1f} GB", flush=True)

    return MemoryLines()


def _metric_name(name: str) -> str:
    if name.startswith("eval_"):
        return "eval/" + name.removeprefix("eval_")
    return _METRIC_NAMES.get(name, f"train/{name}")


def memory_metrics() -> dict[str, float]:
    """Current memory in GiB: of this process and, if there is a GPU, the peak on it."""
    import psutil
    import torch

    metrics = {"train/process_memory_gib": psutil.Process().memory_info().rss / 2**30}
    if torch.cuda.is_available():
        metrics["train/gpu_memory_gib"] = torch.cuda.max_memory_allocated() / 2**30
    return metrics
