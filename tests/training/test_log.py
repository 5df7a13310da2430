"""What is logged while a model trains."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace

import pytest

from recipe_pipeline.training import log as training_log
from recipe_pipeline.training.log import TrainingLog


class FakeRun:
    """What the log needs of a wandb run."""

    def __init__(self):
        self.summary = {}
        self.rows = []

    def log(self, row):
        self.rows.append(row)


@pytest.fixture
def fake_run():
    return FakeRun()


@pytest.fixture
def callback(fake_run, monkeypatch):
    clock = iter(range(0, 1000, 2))  # every look at the clock is 2 s later
    monkeypatch.setattr(training_log.time, "perf_counter", lambda: float(next(clock)))
    callback = TrainingLog(fake_run)
    arguments = SimpleNamespace(train_batch_size=2, gradient_accumulation_steps=3, world_size=1)

    class Rows(list):
        column_names = ("input_ids", "length")

        def __getitem__(self, name):
            assert name == "length"
            return list(self)

    # Mean length (100 + 200) / 2 = 150 tokens, 2 x 3 = 6 examples a step: 900 tokens a step.
    loader = SimpleNamespace(dataset=Rows([100, 200]))

    def state(step, zero=True):
        return SimpleNamespace(global_step=step, is_world_process_zero=zero)

    callback.on_train_begin(arguments, state(0), None, train_dataloader=loader)
    fake_run.log_line = lambda step, logs, zero=True: callback.on_log(
        arguments, state(step, zero), None, logs=logs
    )
    fake_run.evaluated = lambda step: callback.on_evaluate(arguments, state(step), None)
    return fake_run


def test_training_lines_carry_loss_rate_norm_speed_and_memory(callback):
    callback.log_line(4, {"loss": 1.5, "learning_rate": 2e-5, "grad_norm": 0.7, "epoch": 0.5})
    [row] = callback.rows
    memory = row.pop("train/process_memory_gib")
    assert 0.001 < memory < 1000
    row.pop("train/gpu_memory_gib", None)
    assert row == {
        "train/loss": 1.5,
        "train/learning_rate": 2e-5,
        "train/grad_norm": 0.7,
        "train/epoch": 0.5,
        "train/tokens_per_second": 4 * 900 / 2,
        "train/global_step": 4,
    }


def test_time_spent_evaluating_does_not_count_as_training(callback):
    callback.log_line(1, {"loss": 1.0})
    callback.evaluated(1)
    callback.log_line(2, {"loss": 1.0})
    assert [row["train/tokens_per_second"] for row in callback.rows] == [450.0, 450.0]


def test_evaluations_are_logged_under_eval_and_the_best_kept(callback):
    for step, loss in ((1, 3.0), (2, 2.0), (3, 2.5)):
        callback.log_line(step, {"eval_loss": loss, "eval_runtime": 1.0, "epoch": 0.1})
    assert [row["eval/loss"] for row in callback.rows] == [3.0, 2.0, 2.5]
    assert [row["train/global_step"] for row in callback.rows] == [1, 2, 3]
    assert callback.summary["eval/best_loss"] == 2.0


def test_the_closing_line_is_a_summary_and_words_are_left_out(callback):
    callback.log_line(5, {"train_runtime": 12.0, "train_loss": 1.0})
    callback.log_line(6, {"loss": 1.0, "note": "text", "flag": True})
    assert callback.summary["train/runtime_seconds"] == 12.0
    [row] = callback.rows
    assert "train/note" not in row
    assert "train/flag" not in row


def test_other_processes_log_nothing(callback):
    callback.log_line(1, {"loss": 1.0}, zero=False)
    callback.log_line(1, None)
    assert callback.rows == []


def test_the_log_joins_transformers_callbacks(fake_run, monkeypatch):
    class TrainerCallback:
        def on_epoch_end(self, *args):
            return "untouched"

    fake = SimpleNamespace(TrainerCallback=TrainerCallback)
    monkeypatch.setitem(sys.modules, "transformers", fake)
    callback = TrainingLog(fake_run).as_callback()
    assert isinstance(callback, TrainerCallback)
    assert callback.on_epoch_end() == "untouched"
    callback.on_log(
        None, SimpleNamespace(global_step=1, is_world_process_zero=True), None, {"loss": 2}
    )
    assert fake_run.rows[0]["train/loss"] == 2


def test_gpu_memory_is_logged_where_there_is_a_gpu(monkeypatch):
    gpu = SimpleNamespace(is_available=lambda: True, max_memory_allocated=lambda: 3 * 2**30)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=gpu))
    assert training_log.memory_metrics()["train/gpu_memory_gib"] == 3.0


def test_a_stop_that_got_lost_on_the_way_still_ends_the_trial():
    from recipe_pipeline.training.tracked import is_stop

    raised = []

    def trial():
        log = TrainingLog(run=None)
        log.on_step_begin(None, None, None)  # not stopped: nothing happens
        threading.current_thread()._terminated = True  # what wandb's agent leaves on the thread
        try:
            log.on_step_begin(None, None, None)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=trial)
    thread.start()
    thread.join()
    assert [is_stop(error) for error in raised] == [True]
