"""What is logged while a model trains: the trainer's lines, speed and memory."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

STEP_METRIC = "train/global_step"
# The trainer's names -> ours; W&B groups charts by what stands before the slash.
_METRIC_NAMES = {
    "loss": "train/loss",
    "learning_rate": "train/learning_rate",
    "grad_norm": "train/grad_norm",
    "epoch": "train/epoch",
    "mean_token_accuracy": "train/token_accuracy",
    "entropy": "train/entropy",
    "num_tokens": "train/tokens",
}


class TrainingLog:
    """The events of a ``TrainerCallback`` that send log lines, speed and memory to ``run``.

    Free of transformers, which takes seconds to import; ``as_callback`` joins the two.
    """

    def __init__(self, run: Any) -> None:
        self._run = run
        self._tokens_per_step = 0.0
        self._last: tuple[int, float] | None = None
        self._best = float("inf")

    def on_train_begin(self, args, state, control, train_dataloader=None, **kwargs):
        self._tokens_per_step = _mean_tokens_per_step(args, train_dataloader)
        self._last = (state.global_step, time.perf_counter())

    def on_step_begin(self, args, state, control, **kwargs):
        # wandb's agent ends a trial by a bare Exception() thrown into its thread. Where that hits
        # code which swallows exceptions it is lost, but the mark on the thread stays.
        if getattr(threading.current_thread(), "_terminated", False):
            raise Exception()

    def on_evaluate(self, args, state, control, **kwargs):
        # Evaluating is not training: the clock of tokens per second starts anew.
        self._last = (state.global_step, time.perf_counter())

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not logs or not state.is_world_process_zero:
            return
        if "train_runtime" in logs:
            self._run.summary.update({"train/runtime_seconds": logs["train_runtime"]})
            return
        metrics = {
            _metric_name(name): value
            for name, value in logs.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        if "loss" in logs:
            metrics |= self._speed(state.global_step) | memory_metrics()
        if "eval_loss" in logs:
            self._best = min(self._best, logs["eval_loss"])
            self._run.summary.update({"eval/best_loss": self._best})
        self._run.log({**metrics, STEP_METRIC: state.global_step})

    def as_callback(self) -> Any:
        """This object as a transformers ``TrainerCallback``."""
        from transformers import TrainerCallback

        kind = type("LoggingCallback", (TrainingLog, TrainerCallback), {})
        return kind(self._run)

    def _speed(self, step: int) -> dict[str, float]:
        now = time.perf_counter()
        before, self._last = self._last, (step, now)
        if before is None or step <= before[0] or not self._tokens_per_step:
            return {}
        tokens = self._tokens_per_step * (step - before[0])
        return {"train/tokens_per_second": tokens / max(now - before[1], 1e-9)}


def _metric_name(name: str) -> str:
    if name.startswith("eval_"):
        return "eval/" + name.removeprefix("eval_")
    return _METRIC_NAMES.get(name, f"train/{name}")


def _mean_tokens_per_step(args: Any, dataloader: Any) -> float:
    """Tokens of an average optimiser step: mean example length x examples per step."""
    dataset = getattr(dataloader, "dataset", None)
    columns = getattr(dataset, "column_names", None) or []
    if "length" not in columns or not len(dataset):
        return 0.0
    examples = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
    return sum(dataset["length"]) / len(dataset) * examples


def memory_metrics() -> dict[str, float]:
    """Memory in GiB now: of this process and, where there is a GPU, the peak on it."""
    import psutil

    metrics = {"train/process_memory_gib": psutil.Process().memory_info().rss / 2**30}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        metrics["train/gpu_memory_gib"] = torch.cuda.max_memory_allocated() / 2**30
    return metrics
