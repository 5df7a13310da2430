"""Trackers: what is logged and how, login, W&B's errors in one line."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import log, tracking
from recipe_pipeline.training.tracked import is_stop
from recipe_pipeline.training.tracking import Tracker, WandbOptions, WandbTracker, require_login
from tests.wandb_stub import API_KEY, WandbStub


def end_children():
    for child in psutil.Process().children(recursive=True):
        child.kill()


@pytest.fixture
def own_wandb(monkeypatch, tmp_path):
    """wandb as on a fresh machine: no login, no settings, everything below ``tmp_path``."""
    import wandb
    from wandb.sdk.lib import wbauth

    def forget():
        # Sometimes wandb's service does not end when asked, and teardown would wait forever.
        watchdog = threading.Timer(10, end_children)
        watchdog.start()
        with contextlib.suppress(SystemExit):  # raised when the service was killed
            wandb.teardown()
        watchdog.cancel()
        wbauth.unauthenticate_session(update_settings=False)

    for name in list(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("NETRC", str(home / "netrc"))
    for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
        (tmp_path / name.lower()).mkdir()
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.chdir(tmp_path)
    forget()
    yield wandb
    forget()


@pytest.fixture
def stub(own_wandb, monkeypatch):
    server = WandbStub()
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    yield server
    server.close()


class FakeConfig(dict):
    def update(self, values, allow_val_change):
        super().update(values)


class FakeRun:
    """The calls of a wandb run that a tracker makes."""

    id = "r1"

    def __init__(self):
        self.config = FakeConfig()
        self.summary = {}
        self.rows = []
        self.defined = []
        self.exit_code = None
        self.log = self.rows.append

    def define_metric(self, name, step_metric=None):
        self.defined.append((name, step_metric))

    def finish(self, exit_code):
        self.exit_code = exit_code


@pytest.fixture
def fake_wandb(monkeypatch):
    """wandb.init that returns a FakeRun: ``fake_wandb.run``, its arguments: ``fake_wandb.calls``."""
    fake = SimpleNamespace(run=FakeRun(), calls=[], errors=SimpleNamespace(Error=ValueError))
    fake.init = lambda **arguments: fake.calls.append(arguments) or fake.run
    monkeypatch.setattr(tracking, "wandb_module", lambda: fake)
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    return fake


def test_tracking_nothing_takes_the_same_calls():
    tracker = Tracker()
    assert tracker.start({"a": 1}) is None
    assert tracker.callbacks() == []
    tracker.log_metrics({"a": 1.0})
    tracker.log_table("t", ["a"], [[1]])
    tracker.finish(1)


# --- runs ----------------------------------------------------------------------------------------


def test_a_run_is_started_once_however_often_settings_come(fake_wandb):
    tracker = WandbTracker(WandbOptions("p", "e"))
    assert tracker.start({"lora_rank": 8}) == "r1"
    assert tracker.start({"lora_rank": 8, "dataset_sha256": "ab"}) == "r1"
    place = {"project": "p", "entity": "e"}
    assert fake_wandb.calls == [{"job_type": "finetune", **place}]
    assert fake_wandb.run.config == {"lora_rank": 8, "dataset_sha256": "ab"}
    assert ("eval/*", "train/global_step") in fake_wandb.run.defined


def test_a_sweep_sets_project_and_parameters_and_they_are_not_overwritten(fake_wandb, monkeypatch):
    monkeypatch.setenv("WANDB_SWEEP_ID", "s")
    fake_wandb.run.config["lora_rank"] = 32
    tracker = WandbTracker(WandbOptions())
    tracker.start({})
    assert tracker.parameters == {"lora_rank": 32}
    tracker.start({"lora_rank": 8, "seed": 1})
    assert fake_wandb.run.config == {"lora_rank": 32, "seed": 1}
    assert tracker.parameters == {"lora_rank": 32}
    assert "project" not in fake_wandb.calls[0]


def test_a_run_logs_metrics_and_tables_and_finishes_once(fake_wandb):
    tracker, run = WandbTracker(WandbOptions()), fake_wandb.run
    tracker.finish(1)  # not started: nothing to finish
    assert run.exit_code is None
    tracker.start({})
    tracker.log_metrics({"train/peak_memory_bytes": 5.0})
    tracker.log_table("t", ["post", "valid"], [["<b>soup</b>", True]])
    tracker.finish(3)
    assert run.summary == {"train/peak_memory_bytes": 5.0}
    [row] = run.rows
    assert row["t"].data == [["<b>soup</b>", True]]
    assert run.exit_code == 3


# --- what is logged while training ---------------------------------------------------------------


@pytest.fixture
def training(fake_wandb, monkeypatch):
    """A run in training: ``training.log(step, logs)``, ``training.evaluate(step)``, ``.run``."""
    clock = iter(range(0, 1000, 2))  # every look at the clock is 2 s later
    monkeypatch.setattr(log.time, "perf_counter", lambda: float(next(clock)))
    tracker = WandbTracker(WandbOptions())
    tracker.start({})
    [callback] = tracker.callbacks()

    def state(step, first=True):
        return SimpleNamespace(global_step=step, is_world_process_zero=first)

    arguments = SimpleNamespace(train_batch_size=2, gradient_accumulation_steps=3, world_size=1)
    # Mean length (100 + 200) / 2 = 150 tokens, 2 x 3 = 6 examples a step: 900 tokens a step.
    loader = SimpleNamespace(dataset={"length": [100, 200]})
    callback.on_train_begin(arguments, state(0), None, train_dataloader=loader)
    return SimpleNamespace(
        run=fake_wandb.run,
        callback=callback,
        log=lambda step, logs, first=True: callback.on_log(None, state(step, first), None, logs),
        evaluate=lambda step: callback.on_evaluate(None, state(step), None),
    )


def test_training_steps_log_loss_speed_and_memory(training):
    training.log(4, {"loss": 1.5, "learning_rate": 2e-5, "grad_norm": 0.7, "epoch": 0.5})
    [row] = training.run.rows
    assert 0.001 < row.pop("train/process_memory_gib") < 1000
    row.pop("train/gpu_memory_gib", None)
    assert row == {
        "train/loss": 1.5,
        "train/learning_rate": 2e-5,
        "train/grad_norm": 0.7,
        "train/epoch": 0.5,
        "train/tokens_per_second": 4 * 900 / 2,
        "train/global_step": 4,
    }


def test_evaluation_time_does_not_count_as_training(training):
    training.log(1, {"loss": 1.0})
    training.evaluate(1)
    training.log(2, {"loss": 1.0})
    assert [row["train/tokens_per_second"] for row in training.run.rows] == [450.0, 450.0]


def test_evaluations_are_logged_under_eval_and_the_best_is_kept(training):
    for step, loss in ((1, 3.0), (2, 2.0), (3, 2.5)):
        training.log(step, {"eval_loss": loss, "eval_runtime": 1.0, "epoch": 0.1})
    assert [row["eval/loss"] for row in training.run.rows] == [3.0, 2.0, 2.5]
    assert [row["train/global_step"] for row in training.run.rows] == [1, 2, 3]
    assert training.run.summary["eval/best_loss"] == 2.0


def test_the_last_line_goes_to_the_summary_and_only_numbers_are_logged(training):
    training.log(5, {"train_runtime": 12.0, "train_loss": 1.0})
    training.log(6, {"loss": 1.0, "mean_token_accuracy": 0.5, "note": "text", "flag": True})
    training.log(7, {"loss": 1.0}, first=False)  # another process
    assert training.run.summary["train/runtime_seconds"] == 12.0
    [row] = training.run.rows
    assert row["train/token_accuracy"] == 0.5
    assert not {"train/note", "train/flag"} & row.keys()


def test_memory_is_printed_after_few_and_many_steps(capsys):
    lines = log.memory_lines()
    for step in (9, 10, 11, 1000):
        state = SimpleNamespace(global_step=step, is_world_process_zero=True)
        lines.on_step_end(None, state, None)
    out = capsys.readouterr().out
    assert re.findall(r"memory after step ([\d,]+): \d+\.\d GB", out) == ["10", "1,000"]


def test_a_stop_that_was_swallowed_still_ends_the_trial(training):
    raised = []

    def trial():
        training.callback.on_step_begin(None, None, None)  # not stopped: nothing happens
        threading.current_thread()._terminated = True  # the mark that wandb's agent leaves
        try:
            training.callback.on_step_begin(None, None, None)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=trial)
    thread.start()
    thread.join()
    assert [is_stop(error) for error in raised] == [True]


# --- W&B itself ----------------------------------------------------------------------------------


def test_without_a_login_both_ways_out_are_named(stub):
    with pytest.raises(PipelineError, match=r"'wandb login'.*WANDB_MODE=offline"):
        require_login()


def test_an_unknown_key_is_reported_without_printing_it(stub, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "9" * 40)
    with pytest.raises(PipelineError, match=r"login failed.*WANDB_MODE=offline") as caught:
        require_login()
    assert "9" * 40 not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_known_key_is_enough(stub, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", API_KEY)
    require_login()


def test_an_unreachable_server_is_reported(own_wandb, monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", API_KEY)
    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "1")
    with pytest.raises(PipelineError, match="WANDB_MODE=offline"):
        require_login()


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_without_a_server_a_run_needs_no_login(own_wandb, monkeypatch, mode):
    monkeypatch.setenv("WANDB_MODE", mode)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    require_login()
    tracker = WandbTracker(WandbOptions(project="p"))
    assert tracker.start({"lora_rank": 8})
    tracker.log_table("t", ["a"], [["b"]])
    tracker.finish()
    folders = list(Path(os.environ["WANDB_DIR"]).glob("wandb/offline-run-*/run-*.wandb"))
    assert len(folders) == (1 if mode == "offline" else 0)


def test_an_unknown_mode_is_reported(own_wandb, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "sometimes")
    with pytest.raises(PipelineError, match="WANDB_MODE must be"):
        require_login()


def test_a_run_that_cannot_start_is_reported(fake_wandb):
    def init(**arguments):
        raise ValueError("project not found\nmore")

    fake_wandb.init = init
    with pytest.raises(PipelineError, match=r"cannot start a run \(project not found\)"):
        WandbTracker(WandbOptions()).start({})


def test_wandb_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(PipelineError, match=r"pip install -r requirements-finetune\.txt"):
        require_login()
