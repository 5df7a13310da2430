"""Sweeps: sweep.yaml, names of sweeps, trials in one process."""

from __future__ import annotations

import gc
import json
import signal
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import sweep, tracked
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.sweep import run_sweep, sweep_path
from recipe_pipeline.training.tracking import WandbOptions
from tests.training.conftest import make_settings

ROOT = Path(__file__).parents[2]
# From the package sweeps 0.3.0, W&B's own (wandb[sweeps]); that package itself needs NumPy 1.
SCHEMA = Path(__file__).parents[1] / "data" / "wandb_sweep_schema.json"


@pytest.fixture(scope="module")
def sweep_config():
    import yaml

    return yaml.safe_load((ROOT / "sweep.yaml").read_text(encoding="utf-8"))


# --- sweep.yaml --------------------------------------------------------------------------------


def test_sweep_yaml_is_valid_for_wandb(sweep_config):
    import jsonschema

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(sweep_config)] == []
    # The schema does catch mistakes of this kind.
    broken = {**sweep_config, "early_terminate": {"type": "hyperband", "min_iter": 0}}
    assert list(validator.iter_errors(broken))
    broken = {**sweep_config, "parameters": {"learning_rate": {"values": []}}}
    assert list(validator.iter_errors(broken))


def test_sweep_yaml_searches_the_documented_values(sweep_config):
    assert sweep_config["method"] == "bayes"
    assert sweep_config["metric"] == {"name": "eval/loss", "goal": "minimize"}
    assert sweep_config["early_terminate"]["type"] == "hyperband"
    parameters = dict(sweep_config["parameters"])
    log_uniform = {"distribution": "log_uniform_values"}
    assert parameters.pop("learning_rate") == {**log_uniform, "min": 1e-6, "max": 1e-4}
    assert parameters.pop("weight_decay") == {**log_uniform, "min": 1e-4, "max": 1e-2}
    fixed = {
        name: parameters.pop(name)["value"]
        for name in list(parameters)
        if "value" in parameters[name]
    }
    assert fixed == {"max_steps": -1, "num_epochs": 1, "eval_split": 0.1}
    assert {name: spec["values"] for name, spec in parameters.items()} == {
        "lora_rank": [32, 64, 128, 256],
        "lora_alpha": [32, 64, 128, 256],
        "lora_dropout": [0, 0.05, 0.1],
        "batch_size": [2, 4, 8],
        "gradient_accumulation_steps": [2, 4, 8],
        "warmup_steps": [0, 5, 10, 20],
        "lr_scheduler_type": ["linear", "cosine", "constant_with_warmup"],
        "use_rslora": [False, True],
    }


def test_every_corner_of_the_search_makes_valid_settings(sweep_config):
    for pick in (0, -1):
        values = {}
        for name, spec in sweep_config["parameters"].items():
            choices = spec.get("values") or [spec.get("value", spec.get("min")), spec.get("max")]
            values[name] = spec["value"] if "value" in spec else choices[pick]
        settings = tracked.with_parameters(TrainingSettings(), values)
        assert settings.max_steps == -1


def test_sweep_yaml_starts_the_script_without_a_shell(sweep_config):
    assert (ROOT / sweep_config["program"]).is_file()
    assert sweep_config["command"] == ["${interpreter}", "${program}", "${args}"]


def test_a_run_is_judged_at_least_twice_by_hyperband(sweep_config):
    rule = sweep_config["early_terminate"]
    # Bands are min_iter, min_iter * eta, ...: 3 and 9 of about 10 evaluations.
    assert rule["min_iter"] * rule["eta"] < tracked.EVALUATIONS_PER_RUN


# --- names of sweeps -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "my-team/my.project/abc12xyz",
        " my-team/my.project/abc12xyz\n",
        "wandb agent my-team/my.project/abc12xyz",
        "https://wandb.ai/my-team/my.project/sweeps/abc12xyz",
        "https://wandb.ai/my-team/my.project/sweeps/abc12xyz?nw=nwusercook#runs",
        "https://wandb.example.com:8080/my-team/my.project/sweeps/abc12xyz/",
        "my-team/my.project/sweeps/abc12xyz",
    ],
)
def test_a_full_name_overrides_the_flags(text):
    options = WandbOptions(project="other", entity="someone")
    assert sweep_path(text, options) == "my-team/my.project/abc12xyz"


def test_missing_parts_of_a_name_come_from_the_flags():
    options = WandbOptions(project="flag-project", entity="flag-team")
    assert sweep_path("abc", options) == "flag-team/flag-project/abc"
    assert sweep_path("p/abc", options) == "flag-team/p/abc"
    assert sweep_path("abc", WandbOptions()) == "recipe-extractor-finetune/abc"


@pytest.mark.parametrize("text", ["", "a/b/c/d", "a b", "https://wandb.ai/", "a//b", "../x y"])
def test_text_that_names_no_sweep_is_refused(text):
    with pytest.raises(PipelineError, match="--sweep-id is"):
        sweep_path(text, WandbOptions())


# --- trials --------------------------------------------------------------------------------------


class FakeAgent:
    """Does what wandb.agent does with a function: calls it, stops when it raises."""

    def __init__(self):
        self.calls = []

    def agent(self, sweep, function, count, max_consecutive_failed_runs):
        self.calls.append(sweep)
        assert max_consecutive_failed_runs == 1
        for _ in range(count or 100):
            try:
                function()
            except Exception:
                return


class Model:
    """Takes the place of a model that needs memory."""


@pytest.fixture
def sweeping(monkeypatch, tmp_path):
    """A sweep whose trials do what ``outcomes`` says; keeps what they were given."""
    seen = SimpleNamespace(agent=FakeAgent(), outcomes=[], settings=[], models=[], finished=[])
    seen.released = []

    class FakeTracker:
        def __init__(self, options):
            self.number = len(seen.finished)
            self.parameters = seen.outcomes[self.number].get("parameters", {})
            self.finish = seen.finished.append

        def start(self, settings):
            return f"run{self.number}"

    def train(settings, tracker):
        seen.settings.append(settings)
        model = Model()
        seen.models.append(weakref.ref(model))
        error = seen.outcomes[tracker.number].get("error")
        if error:
            raise error
        return SimpleNamespace(save_dir=settings.save_dir)

    monkeypatch.setattr(sweep, "WandbTracker", FakeTracker)
    monkeypatch.setattr(sweep, "wandb_module", lambda: seen.agent)
    monkeypatch.setattr(sweep, "tracking_mode", lambda: "online")
    monkeypatch.setattr(sweep, "require_login", lambda: None)
    monkeypatch.setattr(sweep.data, "load_split", lambda settings: ([], []))
    # Collecting garbage takes half a second once torch is loaded.
    monkeypatch.setattr(sweep, "_release_memory", lambda: seen.released.append(True))
    monkeypatch.setattr(tracked, "log_samples", lambda *args: None)
    monkeypatch.setattr("recipe_pipeline.training.loop.train", train)
    monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    settings = make_settings(tmp_path, eval_split=0.1, max_steps=20)
    seen.run = lambda count=None: run_sweep("e/p/abc", count, settings, WandbOptions())
    return seen


def test_each_trial_gets_its_own_parameters_and_folders(sweeping, tmp_path):
    sweeping.outcomes = [
        {"parameters": {"lora_rank": 8, "use_rslora": True, "batch_size": 3}},
        {"parameters": {"learning_rate": 1e-4}},
    ]
    assert str(sweeping.run(2)) == "2 trials: 2 finished"
    first, second = sweeping.settings
    assert (first.lora_rank, first.use_rslora, first.batch_size) == (8, True, 3)
    assert second.learning_rate == 1e-4
    assert (second.lora_rank, second.use_rslora, second.batch_size) == (4, False, 2)
    assert Path(first.save_dir) == tmp_path / "outputs" / "run0" / "adapter"
    assert Path(second.output_dir) == tmp_path / "outputs" / "run1"
    assert sweeping.agent.calls == ["e/p/abc"]


def test_a_failed_trial_is_marked_and_the_next_one_begins(sweeping, capsys):
    sweeping.outcomes = [
        {"error": RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nmore")},
        {"error": MemoryError()},
        {"parameters": {"lora_rank": 0}},
        {"error": KeyError("x")},
        {},
    ]
    sweeping.run(5)
    assert sweeping.finished == [1, 1, 1, 1, 0]
    captured = capsys.readouterr()
    assert "ran out of memory (CUDA out of memory. Tried to allocate 2 GiB)" in captured.err
    assert "ran out of memory (MemoryError)" in captured.err
    assert "--lora-rank is 0" in captured.err
    assert "KeyError" in captured.err
    assert "5 trials: 1 finished, 4 failed" in captured.out


def test_a_failed_trial_frees_its_memory_before_the_next(sweeping, monkeypatch):
    alive = []
    real = tracked.run_training

    def run_training(*args):
        gc.collect()
        alive.append(sum(ref() is not None for ref in sweeping.models))
        return real(*args)

    monkeypatch.setattr(sweep, "run_training", run_training)
    try:
        raise ValueError("inner")
    except ValueError as inner:
        chained = RuntimeError("outer")
        chained.__cause__ = inner
    sweeping.outcomes = [{"error": RuntimeError("out of memory")}, {"error": chained}, {}]
    sweeping.run(3)
    assert alive == [0, 0, 0]
    assert sweeping.released == [True] * 3


def test_a_trial_that_the_server_stops_is_not_a_failure(sweeping):
    # wandb's agent raises a bare Exception in the trial's thread.
    sweeping.outcomes = [{"error": Exception()}, {}]
    assert str(sweeping.run(2)) == "2 trials: 1 finished, 1 stopped early"
    assert sweeping.finished == [255, 0]


def test_five_failures_in_a_row_end_the_sweep(sweeping):
    sweeping.outcomes = [{"error": ValueError("no such thing")}] * 100
    with pytest.raises(
        PipelineError, match=r"5 trials of sweep e/p/abc failed in a row.*no such thing"
    ):
        sweeping.run()
    assert len(sweeping.finished) == 5


def test_failures_between_successes_do_not_end_the_sweep(sweeping):
    bad = {"error": ValueError("x")}
    sweeping.outcomes = [bad, bad, bad, bad, {}, bad, bad, bad, bad, {}]
    assert str(sweeping.run(10)) == "10 trials: 2 finished, 8 failed"


def test_an_interrupted_trial_is_marked_stopped_and_ends_the_script(sweeping):
    sweeping.outcomes = [{"error": KeyboardInterrupt()}, {}]
    with pytest.raises(KeyboardInterrupt):
        sweeping.run(2)
    assert sweeping.finished == [255]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_the_agent_swallows_still_ends_the_script(sweeping, number):
    def agent(*args, **kwargs):
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            return

    sweeping.agent.agent = agent
    with pytest.raises(KeyboardInterrupt):
        sweeping.run(2)


@pytest.mark.parametrize("module", ["wandb.sdk.lib.service.service_connection", "builtins"])
def test_only_errors_of_wandb_are_reported_as_a_missing_sweep(sweeping, module):
    kind = type("ApiError", (Exception,), {"__module__": module})

    def agent(*args, **kwargs):
        raise kind("could not find sweep\nabc")

    sweeping.agent.agent = agent
    expected = PipelineError if module.startswith("wandb") else kind
    with pytest.raises(expected, match="could not find sweep"):
        sweeping.run(1)


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_a_sweep_needs_the_server(sweeping, monkeypatch, mode):
    monkeypatch.setattr(sweep, "tracking_mode", lambda: mode)
    with pytest.raises(PipelineError, match=f"WANDB_MODE is {mode}"):
        sweeping.run(1)
