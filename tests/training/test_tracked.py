"""One tracked run: settings, folders, evaluations, samples, how it ends."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.training import samples as tracked_samples
from recipe_pipeline.training import tracked as tracked_training
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracked import (
    check_dataset,
    in_own_folder,
    run_training,
    train_tracked,
    with_eval_steps,
    with_parameters,
)
from recipe_pipeline.training.tracking import NullTracker, WandbOptions

SOUP = {"@context": "https://schema.org", "@type": "Recipe", "name": "Soup"}


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "data.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for i in range(20):
            recipe = {**SOUP, "recipeIngredient": [f"{i} leeks", "salt"]}
            example = build_example(f"Soup {i}: {i} leeks, salt", recipe, "Think.", "Be brief.")
            file.write(json.dumps(example) + "\n")
    return path


class RecordingTracker(NullTracker):
    """Keeps every call."""

    def __init__(self, parameters=None, run_id="run1"):
        self.parameters = parameters or {}
        self.run_id = run_id
        self.settings = {}
        self.metrics = {}
        self.tables = []
        self.adapters = []
        self.exit_codes = []

    def start(self, settings):
        self.settings |= settings
        return self.run_id

    def log_metrics(self, metrics):
        self.metrics |= metrics

    def log_table(self, name, columns, rows):
        self.tables.append((name, columns, rows))

    def log_adapter(self, path):
        self.adapters.append(path)

    def finish(self, exit_code=0):
        self.exit_codes.append(exit_code)


class EchoGenerator:
    """Answers every post with the same text."""

    def __init__(self, answer):
        self.answer = answer
        self.limits = []
        self.tokenizer = lambda text: {"input_ids": text.split()}

    def generate(self, posts, limit):
        self.limits.append(limit)
        return [self.answer for _ in posts]


@pytest.fixture
def trained(monkeypatch):
    """Training that succeeds at once; keeps the settings it was called with."""
    calls = []

    def train(settings, tracker):
        calls.append(settings)
        return SimpleNamespace(save_dir=Path(settings.save_dir))

    monkeypatch.setattr("recipe_pipeline.training.loop.train", train)
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    return calls


# --- parameters of a sweep ---------------------------------------------------------------------


def test_parameters_take_the_type_of_the_setting():
    settings = with_parameters(
        TrainingSettings(),
        {
            "learning_rate": 3e-5,
            "lora_rank": 32.0,
            "lora_alpha": 64,
            "lora_dropout": 0,
            "use_rslora": True,
            "lr_scheduler_type": "cosine",
        },
    )
    assert settings.lora_rank == 32
    assert isinstance(settings.lora_rank, int)
    assert isinstance(settings.lora_dropout, float)
    assert (settings.lora_alpha, settings.use_rslora) == (64, True)
    assert with_parameters(settings, {"lora_alpha": None}).alpha == 32


@pytest.mark.parametrize(
    "parameters",
    [
        {"lora_rank": "many"},
        {"lora_rank": 8.5},
        {"lora_rank": True},
        {"use_rslora": 1},
        {"use_rslora": "True"},
        {"learning_rate": None},
        {"lora_rank": -1},
        {"lr_scheduler_type": "zigzag"},
    ],
)
def test_a_wrong_parameter_is_named(parameters):
    [name] = parameters
    with pytest.raises(PipelineError, match=name.replace("_", "[-_]")):
        with_parameters(TrainingSettings(), parameters)


def test_a_parameter_that_is_no_setting_is_named():
    with pytest.raises(PipelineError, match="no settings: lora_rnk"):
        with_parameters(TrainingSettings(), {"lora_rnk": 8, "lora_rank": 8})


def test_runs_write_to_folders_of_their_own():
    settings = TrainingSettings(output_dir="outputs", save_dir="gemma-3")
    a, b = in_own_folder(settings, "a1"), in_own_folder(settings, "b2")
    assert Path(a.output_dir) == Path("outputs/a1")
    assert Path(a.save_dir) == Path("outputs/a1/adapter")
    assert not {a.output_dir, a.save_dir} & {b.output_dir, b.save_dir}


# --- evaluations -------------------------------------------------------------------------------


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
def test_a_run_is_evaluated_about_ten_times(dataset, changes, expected):
    given = {"dataset": str(dataset), "batch_size": 2, "eval_split": 0.1, **changes}
    assert with_eval_steps(TrainingSettings(**given)).eval_steps == expected


# --- a run -------------------------------------------------------------------------------------


def test_a_good_run_is_started_shown_and_finished(dataset, trained, monkeypatch, tmp_path):
    answer = json.dumps({**SOUP, "recipeIngredient": ["salt"]})
    generator = EchoGenerator(answer)
    loaded = []

    def load_generator(spec, *, system_prompt):
        loaded.append((spec, system_prompt))
        return generator

    monkeypatch.setattr("recipe_pipeline.models.generator.load_generator", load_generator)
    settings = TrainingSettings(
        dataset=str(dataset), eval_split=0.1, save_dir=str(tmp_path / "adapter")
    )
    tracker = RecordingTracker()
    run_training(settings, tracker, WandbOptions(log_model=True, table_rows=2))
    assert tracker.exit_codes == [0]
    assert tracker.settings["lora_alpha"] == 128
    assert tracker.settings["eval_steps"] == 5
    assert tracker.adapters == [tmp_path / "adapter"]
    assert loaded == [(str(tmp_path / "adapter"), "Be brief.")]
    [(name, columns, rows)] = tracker.tables
    assert name == "samples/held_out_posts"
    assert columns == ["post", "answer", "expected", "valid", "ingredient_f1"]
    assert len(rows) == 2
    for post, given, expected, valid, f1 in rows:
        assert post.startswith("Soup ")
        assert "leeks" in post
        assert given == answer
        assert json.loads(expected)["name"] == "Soup"
        assert valid is True
        # 1 of 1 found and 1 of 2 wanted: 2 * 1 / (1 + 2)
        assert f1 == pytest.approx(2 / 3)
    assert tracker.metrics == {
        "samples/schema_valid": 1.0,
        "samples/ingredient_f1": pytest.approx(2 / 3),
    }
    # The expected answers have 10 words: 10 * 1.5 + 16.
    words = max(len(row[2].split()) for row in rows)
    assert generator.limits == [int(words * 1.5) + 16]


def test_samples_are_held_out_from_training(dataset):
    settings = TrainingSettings(dataset=str(dataset), eval_split=0.2)
    from recipe_pipeline.training import data as training_data

    kept, _ = training_data.split_off(training_data.load_messages(dataset), 0.2, settings.seed)
    trained_on = "".join(chat[-2]["content"] for chat in kept)
    samples = tracked_samples.held_out_samples(settings, 4)
    assert len(samples) == 4
    assert not any(sample.post in trained_on for sample in samples)


@pytest.mark.parametrize(("split", "count"), [(0.0, 4), (0.1, 0)])
def test_without_held_out_posts_or_rows_no_model_is_loaded(dataset, split, count):
    settings = TrainingSettings(dataset=str(dataset), eval_split=split)
    tracker = RecordingTracker()
    tracked_samples.log_samples(settings, tracker, count)
    assert tracker.tables == []


def test_an_expected_answer_that_is_no_json_counts_as_no_recipe():
    sample = tracked_samples.Sample("s", "post", "not json")
    row = tracked_samples._row(sample, "{}")
    assert row[3:] == [True, None]
    assert tracked_samples._means([row]) == {"samples/schema_valid": 1.0}


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (RuntimeError("out of memory"), 1),
        (PipelineError("x"), 1),
        (Exception("not a stop"), 1),
        (KeyboardInterrupt(), 255),
        (Exception(), 255),
    ],
)
def test_a_run_ends_as_it_went(dataset, monkeypatch, error, exit_code):
    def train(settings, tracker):
        raise error

    monkeypatch.setattr("recipe_pipeline.training.loop.train", train)
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    tracker = RecordingTracker()
    with pytest.raises(type(error)):
        run_training(TrainingSettings(dataset=str(dataset)), tracker, WandbOptions())
    assert tracker.exit_codes == [exit_code]


def test_a_run_begins_with_the_same_random_numbers_wherever_it_comes(dataset, monkeypatch):
    import random

    import numpy
    import torch

    drawn = []

    def train(settings, tracker):
        drawn.append((random.random(), float(numpy.random.rand()), float(torch.rand(1))))
        return SimpleNamespace(save_dir=Path("x"))

    monkeypatch.setattr("recipe_pipeline.training.loop.train", train)
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    for seed in (1, 2, 1):
        settings = TrainingSettings(dataset=str(dataset), seed=seed)
        run_training(settings, RecordingTracker(run_id=None), WandbOptions())
    assert drawn[0] == drawn[2] != drawn[1]


def test_outside_of_a_sweep_the_folders_are_those_of_the_flags(dataset, trained):
    settings = TrainingSettings(dataset=str(dataset), save_dir="here", output_dir="there")
    run_training(settings, RecordingTracker(), WandbOptions())
    assert (trained[0].save_dir, trained[0].output_dir) == ("here", "there")


# --- from the flags to the run -----------------------------------------------------------------


@pytest.fixture
def logged_in(monkeypatch):
    asked = []
    monkeypatch.setattr(tracked_training, "require_login", lambda: asked.append(True))
    return asked


def test_login_is_asked_before_training_and_one_run_made(dataset, trained, logged_in, monkeypatch):
    trackers = []

    def make(options):
        assert not trained
        trackers.append(RecordingTracker())
        return trackers[-1]

    monkeypatch.setattr(tracked_training, "WandbTracker", make)
    train_tracked(lambda: TrainingSettings(dataset=str(dataset)), WandbOptions())
    assert logged_in == [True]
    assert len(trackers) == 1
    assert len(trained) == 1


def test_other_processes_of_one_training_do_not_report(dataset, trained, logged_in, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(tracked_training, "WandbTracker", None)  # would fail if called
    train_tracked(lambda: TrainingSettings(dataset=str(dataset)), WandbOptions())
    assert len(trained) == 1
    assert logged_in == []


@pytest.mark.parametrize("in_sweep", [False, True])
def test_settings_refused_before_training_are_reported_to_a_sweep_only(
    trained, logged_in, monkeypatch, in_sweep
):
    tracker = RecordingTracker()
    monkeypatch.setattr(tracked_training, "WandbTracker", lambda options: tracker)
    if in_sweep:
        monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    with pytest.raises(PipelineError, match="lora-dropout"):
        train_tracked(lambda: TrainingSettings(lora_dropout=1.5), WandbOptions())
    assert tracker.exit_codes == ([1] if in_sweep else [])
    assert trained == []


def test_a_missing_dataset_is_found_before_login(tmp_path, logged_in, monkeypatch):
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    with pytest.raises(PipelineError, match="no dataset at"):
        train_tracked(lambda: TrainingSettings(dataset=str(tmp_path / "x")), WandbOptions())
    assert logged_in == []


def test_a_dataset_too_small_to_hold_out_is_found_before_login(dataset):
    one = dataset.with_name("one.jsonl")
    one.write_text(dataset.read_text().splitlines()[0] + "\n")
    with pytest.raises(PipelineError, match="too small"):
        check_dataset(TrainingSettings(dataset=str(one), eval_split=0.1))
    check_dataset(TrainingSettings(dataset=str(one), eval_split=0.0))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_sigterm_of_the_agent_ends_the_run_in_good_order(dataset, logged_in, monkeypatch):
    tracker = RecordingTracker()

    def train(settings, tracker):
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("went on after SIGTERM")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("recipe_pipeline.training.loop.train", train)
    monkeypatch.setattr(tracked_training, "WandbTracker", lambda options: tracker)
    monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    with pytest.raises(KeyboardInterrupt):
        train_tracked(lambda: TrainingSettings(dataset=str(dataset)), WandbOptions())
    assert tracker.exit_codes == [255]
    assert signal.getsignal(signal.SIGTERM) is before
