"""Trackers: what is logged and how, login, errors of W&B as one sentence."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import tracking
from recipe_pipeline.training.tracking import NullTracker, WandbOptions, WandbTracker, require_login
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
        # Now and then wandb's service does not end when asked, and teardown waits for it for good.
        watchdog = threading.Timer(10, end_children)
        watchdog.start()
        with contextlib.suppress(SystemExit):  # how it tells that the service was killed
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


class FakeRun:
    """The calls of a wandb run that a tracker makes."""

    def __init__(self, config=None):
        self.id = "r1"
        self.config = FakeConfig(config or {})
        self.summary = {}
        self.rows = []
        self.defined = []
        self.artifacts = []
        self.exit_code = None

    def define_metric(self, name, step_metric=None):
        self.defined.append((name, step_metric))

    def log(self, row):
        self.rows.append(row)

    def log_artifact(self, artifact):
        self.artifacts.append(artifact)

    def finish(self, exit_code):
        self.exit_code = exit_code


class FakeConfig(dict):
    def update(self, values, allow_val_change):
        super().update(values)


# --- the null tracker --------------------------------------------------------------------------


def test_tracking_nothing_has_the_same_calls():
    tracker = NullTracker()
    assert tracker.start({"a": 1}) is None
    assert tracker.callbacks() == []
    tracker.log_metrics({"a": 1.0})
    tracker.log_table("t", ["a"], [[1]])
    tracker.log_adapter(Path("x"))
    tracker.finish(1)
    calls = {name for name in vars(NullTracker) if not name.startswith("_")}
    assert calls <= set(dir(WandbTracker))


# --- runs --------------------------------------------------------------------------------------


@pytest.fixture
def fake_run(monkeypatch):
    run = FakeRun()
    started = []

    def start(options):
        started.append(options)
        return run

    monkeypatch.setattr(tracking, "_start_run", start)
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    run.started = started
    return run


def test_one_run_however_often_settings_come(fake_run):
    tracker = WandbTracker(WandbOptions())
    assert tracker.start({"lora_rank": 8}) == "r1"
    assert tracker.start({"lora_rank": 8, "dataset_sha256": "ab"}) == "r1"
    assert len(fake_run.started) == 1
    assert fake_run.config == {"lora_rank": 8, "dataset_sha256": "ab"}
    assert ("eval/*", "train/global_step") in fake_run.defined


def test_parameters_of_a_sweep_are_kept_and_never_overwritten(fake_run, monkeypatch):
    monkeypatch.setenv("WANDB_SWEEP_ID", "s")
    fake_run.config = FakeConfig({"lora_rank": 32})
    tracker = WandbTracker(WandbOptions())
    tracker.start({})
    assert tracker.parameters == {"lora_rank": 32}
    tracker.start({"lora_rank": 8, "seed": 1})
    assert fake_run.config == {"lora_rank": 32, "seed": 1}
    assert tracker.parameters == {"lora_rank": 32}


def test_a_run_is_finished_once_with_its_exit_code(fake_run):
    tracker = WandbTracker(WandbOptions())
    tracker.finish(1)  # not started: nothing to finish
    assert fake_run.exit_code is None
    tracker.start({})
    tracker.finish(3)
    assert fake_run.exit_code == 3


def test_training_is_logged_to_the_run(fake_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", SimpleNamespace(TrainerCallback=object))
    tracker = WandbTracker(WandbOptions())
    tracker.start({})
    [callback] = tracker.callbacks()
    state = SimpleNamespace(global_step=1, is_world_process_zero=True)
    callback.on_log(None, state, None, {"eval_loss": 2.0})
    assert fake_run.rows == [{"eval/loss": 2.0, "train/global_step": 1}]


def test_numbers_of_the_whole_run_go_to_the_summary(fake_run):
    tracker = WandbTracker(WandbOptions())
    tracker.start({})
    tracker.log_metrics({"train/peak_memory_bytes": 5.0})
    assert fake_run.summary == {"train/peak_memory_bytes": 5.0}


def test_tables_and_adapters_are_wandbs_own(fake_run, tmp_path):
    (tmp_path / "adapter.bin").write_bytes(b"weights")
    tracker = WandbTracker(WandbOptions())
    tracker.start({})
    tracker.log_table("t", ["post", "valid"], [["<b>soup</b>", True]])
    tracker.log_adapter(tmp_path)
    [row] = fake_run.rows
    assert row["t"].data == [["<b>soup</b>", True]]
    [artifact] = fake_run.artifacts
    assert (artifact.name, artifact.type) == ("recipe-adapter-r1", "model")
    assert list(artifact.manifest.entries) == ["adapter.bin"]


# --- W&B itself --------------------------------------------------------------------------------


def test_not_logged_in_is_one_sentence_with_both_ways_out(stub):
    with pytest.raises(PipelineError, match=r"'wandb login'.*WANDB_MODE=offline"):
        require_login()


def test_a_key_the_server_does_not_know(stub, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "9" * 40)
    with pytest.raises(PipelineError, match="does not let this machine in") as caught:
        require_login()
    assert "WANDB_MODE=offline" in str(caught.value)
    assert "9" * 40 not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_good_key_is_enough(stub, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", API_KEY)
    require_login()


def test_a_server_that_is_not_there(own_wandb, monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", API_KEY)
    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "1")
    with pytest.raises(PipelineError, match="WANDB_MODE=offline"):
        require_login()


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_without_a_server_no_login_is_needed_and_a_run_works(own_wandb, monkeypatch, mode):
    monkeypatch.setenv("WANDB_MODE", mode)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    require_login()
    tracker = WandbTracker(WandbOptions(project="p", tags=("a",)))
    assert tracker.start({"lora_rank": 8})
    tracker.log_table("t", ["a"], [["b"]])
    tracker.finish()
    folders = list(Path(os.environ["WANDB_DIR"]).glob("wandb/offline-run-*/run-*.wandb"))
    assert len(folders) == (1 if mode == "offline" else 0)


def test_a_mode_that_does_not_exist(own_wandb, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "sometimes")
    with pytest.raises(PipelineError, match="WANDB_MODE has to be"):
        require_login()


def test_a_run_that_cannot_be_started(monkeypatch):
    class Error(Exception):
        pass

    def init(**arguments):
        raise Error("project not found\nmore")

    fake = SimpleNamespace(errors=SimpleNamespace(Error=Error), init=init)
    monkeypatch.setattr(tracking, "wandb_module", lambda: fake)
    with pytest.raises(PipelineError, match=r"cannot start a run \(project not found\)"):
        WandbTracker(WandbOptions()).start({})


@pytest.mark.parametrize("in_sweep", [False, True])
def test_an_agents_place_is_not_given_again(monkeypatch, in_sweep):
    given = {}

    def init(**arguments):
        given.update(arguments)
        return FakeRun()

    fake = SimpleNamespace(errors=SimpleNamespace(Error=ValueError), init=init)
    monkeypatch.setattr(tracking, "wandb_module", lambda: fake)
    monkeypatch.setenv("WANDB_SWEEP_ID", "s" if in_sweep else "")
    WandbTracker(WandbOptions("p", "e", "name", ("t",))).start({})
    assert (given["name"], given["tags"]) == ("name", ["t"])
    place = {key: value for key, value in given.items() if key in ("project", "entity")}
    assert place == ({} if in_sweep else {"project": "p", "entity": "e"})


def test_wandb_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(PipelineError, match=r"pip install -r requirements-finetune\.txt"):
        require_login()
