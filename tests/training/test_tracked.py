"""One tracked run: settings, folders, evaluations, samples, how it ends."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import data
from recipe_pipeline.training import tracked as module
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracked import (
    in_own_folder,
    log_samples,
    run_training,
    sample_means,
    sample_row,
    train_tracked,
    with_eval_steps,
    with_parameters,
)
from recipe_pipeline.training.tracking import Tracker, WandbOptions
from tests.training.conftest import make_settings


class RecordingTracker(Tracker):
    """Keeps every call."""

    def __init__(self, run_id="run1"):
        super().__init__()
        self.run_id = run_id
        self.settings = {}
        self.metrics = {}
        self.tables = []
        self.exit_codes = []
        self.log_metrics = self.metrics.update

    def start(self, settings):
        self.settings |= settings
        return self.run_id

    def log_table(self, name, columns, rows):
        self.tables.append((name, columns, rows))

    def finish(self, exit_code=0):
        self.exit_codes.append(exit_code)


@pytest.fixture
def training(monkeypatch):
    """Training that does ``training.run(settings)``; keeps the settings it was called with."""
    fake = SimpleNamespace(calls=[], run=lambda settings: None)

    def train(settings, tracker):
        fake.calls.append(settings)
        fake.run(settings)
        return SimpleNamespace(save_dir=Path(settings.save_dir))

    monkeypatch.setattr("recipe_pipeline.training.loop.train", train)
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    return fake


def raises(error):
    def run(settings):
        raise error

    return run


# --- settings of a trial -------------------------------------------------------------------------


def test_parameters_get_the_type_of_their_setting():
    settings = with_parameters(
        TrainingSettings(),
        {
            "learning_rate": "3e-5",  # YAML reads this as text
            "lora_rank": 32.0,
            "lora_alpha": 64,
            "lora_dropout": 0,
            "use_rslora": True,
            "lr_scheduler_type": "cosine",
        },
    )
    assert settings.learning_rate == 3e-5
    assert settings.lora_rank == 32
    assert isinstance(settings.lora_rank, int)
    assert isinstance(settings.lora_dropout, float)
    assert (settings.lora_alpha, settings.use_rslora) == (64, True)
    assert with_parameters(settings, {"lora_alpha": None}).alpha == 32


@pytest.mark.parametrize(
    "parameters",
    [
        *({"lora_rank": "many"}, {"lora_rank": 8.5}, {"lora_rank": True}, {"lora_rank": -1}),
        *({"use_rslora": 1}, {"use_rslora": "True"}, {"learning_rate": None}),
        *({"lr_scheduler_type": "zigzag"}, {"lora_rnk": 8, "lora_rank": 8}),
    ],
)
def test_a_wrong_parameter_is_named(parameters):
    name = next(iter(parameters))
    with pytest.raises(PipelineError, match=name.replace("_", "[-_]")):
        with_parameters(TrainingSettings(), parameters)


def test_trials_write_to_folders_of_their_own():
    settings = in_own_folder(TrainingSettings(output_dir="outputs", save_dir="gemma-3"), "a1")
    assert Path(settings.output_dir) == Path("outputs/a1")
    assert Path(settings.save_dir) == Path("outputs/a1/adapter")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"max_steps": 50}, 5),  # 50 / 10
        ({"max_steps": 4}, 1),
        # 20 examples, 2 held out, 18 / batch 2 = 9 batches; / 1 = 9 steps x 5 epochs = 45
        ({"max_steps": -1, "num_epochs": 5, "gradient_accumulation_steps": 1}, 4),
        ({"max_steps": -1, "num_epochs": 1, "gradient_accumulation_steps": 8}, 1),
        ({"max_steps": 50, "eval_steps": 7}, 7),
        ({"max_steps": 50, "eval_split": 0.0}, 0),
    ],
)
def test_a_run_is_evaluated_about_ten_times(settings, tmp_path, changes, expected):
    changed = make_settings(tmp_path, **{"eval_split": 0.1, **changes})
    assert with_eval_steps(changed).eval_steps == expected


# --- a run ---------------------------------------------------------------------------------------


def test_a_run_logs_settings_samples_and_adapter(settings, tmp_path, training, monkeypatch):
    answer = json.dumps(
        {"@context": "https://schema.org", "@type": "Recipe", "name": "Soup",
         "recipeIngredient": ["salt"]}
    )  # fmt: skip
    loaded, limits = [], []

    class Generator:
        def __init__(self, spec, *, system_prompt):
            loaded.append((spec, system_prompt))
            self.count_tokens = lambda text: len(text.split())

        def generate(self, posts, limit):
            limits.append(limit)
            return [answer for _ in posts]

    monkeypatch.setattr("recipe_pipeline.models.loading.load_generator", Generator)
    tracker = RecordingTracker()
    run_settings = make_settings(tmp_path, eval_split=0.1, max_steps=50)
    run_training(run_settings, tracker, WandbOptions(table_rows=2))
    assert tracker.exit_codes == [0]
    assert tracker.settings["lora_alpha"] == 4
    assert tracker.settings["eval_steps"] == 5
    assert loaded == [(str(tmp_path / "adapter"), "recipe")]
    [(name, columns, rows)] = tracker.tables
    assert name == "samples/held_out_posts"
    assert columns == ["post", "answer", "expected", "valid", "ingredient_f1"]
    _, held_out = data.load_split(run_settings)
    assert [f"Extract recipe information from this text:\n\n{row[0]}" for row in rows] == [
        chat[1]["content"] for chat in held_out[:2]
    ]
    for _, given, expected, valid, f1 in rows:
        assert (given, valid) == (answer, True)
        assert json.loads(expected)["name"].startswith("cup ")
        assert f1 == pytest.approx(2 / 3)  # 1 of 1 found, 1 of 2 expected: 2 * 1 / (1 + 2)
    means = {"samples/schema_valid": 1.0, "samples/ingredient_f1": pytest.approx(2 / 3)}
    assert tracker.metrics == means
    words = max(len(row[2].split()) for row in rows)
    assert limits == [int(words * 1.5) + 16]


@pytest.mark.parametrize(("split", "count"), [(0.0, 4), (0.1, 0)])
def test_no_model_is_loaded_if_there_is_nothing_to_answer(settings, tmp_path, split, count):
    tracker = RecordingTracker()
    log_samples(make_settings(tmp_path, eval_split=split), tracker, count)
    assert tracker.tables == []


def test_an_expected_answer_that_is_not_json_counts_as_no_recipe():
    row = sample_row("post", "{}", "not json")
    assert row[3:] == [True, None]
    assert sample_means([row]) == {"samples/schema_valid": 1.0}


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        *((RuntimeError("out of memory"), 1), (PipelineError("x"), 1)),
        *((Exception("not a stop"), 1), (KeyboardInterrupt(), 255), (Exception(), 255)),
    ],
)
def test_the_exit_code_of_a_run_tells_how_it_ended(settings, training, error, exit_code):
    training.run = raises(error)
    tracker = RecordingTracker()
    with pytest.raises(type(error)):
        run_training(settings, tracker, WandbOptions())
    assert tracker.exit_codes == [exit_code]


def test_random_numbers_depend_on_the_seed_alone(tmp_path, training):
    import random

    import numpy
    import torch

    drawn = []
    training.run = lambda settings: drawn.append(
        (random.random(), float(numpy.random.rand()), float(torch.rand(1)))
    )
    for seed in (1, 2, 1):
        run_training(make_settings(tmp_path, seed=seed), Tracker(), WandbOptions())
    assert drawn[0] == drawn[2] != drawn[1]


# --- from the flags to the run -------------------------------------------------------------------


@pytest.fixture
def tracker(monkeypatch):
    """The tracker of `train_tracked`; ``tracker.logins`` holds the checks of the login."""
    tracker = RecordingTracker(run_id=None)
    tracker.logins = []
    monkeypatch.setattr(module, "WandbTracker", lambda options: tracker)
    monkeypatch.setattr(module, "require_login", lambda: tracker.logins.append(True))
    return tracker


def test_the_login_is_checked_before_training(settings, training, tracker):
    training.run = lambda _: tracker.logins.append("training")
    train_tracked(lambda: settings, WandbOptions())
    assert tracker.logins == [True, "training"]
    assert tracker.exit_codes == [0]
    assert training.calls == [settings]  # outside of a sweep the folders are those of the flags


def test_other_processes_of_a_training_do_not_report(settings, training, tracker, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    train_tracked(lambda: settings, WandbOptions())
    assert len(training.calls) == 1
    assert tracker.logins == tracker.exit_codes == []


@pytest.mark.parametrize("in_sweep", [False, True])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lora_dropout": 1.5}, "lora-dropout"),
        ({"dataset": "none.jsonl"}, "no dataset at"),
        ({"dataset": "one.jsonl", "eval_split": 0.1}, "too small"),
    ],
)
def test_what_fails_before_training_is_reported_to_a_sweep_only(
    settings, tmp_path, training, tracker, monkeypatch, in_sweep, changes, message
):
    monkeypatch.chdir(tmp_path)
    first, *_ = Path(settings.dataset).read_text(encoding="utf-8").splitlines()
    Path("one.jsonl").write_text(first + "\n", encoding="utf-8")
    if in_sweep:
        monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    with pytest.raises(PipelineError, match=message):
        train_tracked(lambda: make_settings(tmp_path, **changes), WandbOptions())
    assert tracker.exit_codes == ([1] if in_sweep else [])
    assert training.calls == tracker.logins == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_a_sigterm_from_the_agent_marks_the_run_stopped(settings, training, tracker, monkeypatch):
    training.run = lambda _: os.kill(os.getpid(), signal.SIGTERM)
    monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    assert cli.run(lambda _: train_tracked(lambda: settings, WandbOptions())) == 130
    assert tracker.exit_codes == [255]
