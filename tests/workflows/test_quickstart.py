"""The commands of quickstart and what it reuses."""

import json
from dataclasses import replace

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import derived_seed, file_sha256
from recipe_pipeline.training.checkpoints import claim_output_dir
from recipe_pipeline.training.flags import settings_of
from recipe_pipeline.workflows import quickstart
from recipe_pipeline.workflows.quickstart import QuickstartSettings
from recipe_pipeline.workflows.steps import resuming
from tests.script_runs import help_of

SEEDED = ("02_generate_blogs.py", "03_generate_recipe_json.py", "04_generate_finetuning_dataset.py")


@pytest.fixture
def settings(tmp_path):
    settings = QuickstartSettings(output=tmp_path / "out", recipes=3)
    settings.output.mkdir()
    settings.train_set.write_text("{}\n", encoding="utf-8")
    return settings


def write_record(settings, **changes):
    trained = settings_of(quickstart.training_command(settings)[1:]).to_dict()
    record = {
        "settings": {**trained, **changes},
        "dataset_sha256": file_sha256(settings.train_set),
    }
    settings.adapter.mkdir(exist_ok=True)
    (settings.adapter / "training_run.json").write_text(json.dumps(record), encoding="utf-8")


def commands(settings):
    data = quickstart.data_commands(settings, "http://127.0.0.1:1/v1")
    training = quickstart.training_command(settings)
    return [*data, training, quickstart.evaluation_command(settings)]


def test_every_script_accepts_its_command(settings):
    for script, *arguments in commands(settings):
        text = help_of(script, arguments)
        for flag in (argument for argument in arguments if argument.startswith("--")):
            assert flag in text


def test_a_seed_reaches_posts_split_and_training_and_none_changes_nothing(settings):
    assert not any("--seed" in command for command in commands(settings))
    seeded = {command[0]: command for command in commands(replace(settings, seed=2))}
    for script in (*SEEDED, "05_finetune.py"):
        command = seeded[script]
        assert command[command.index("--seed") + 1] == "2"


def test_posts_of_another_seed_are_not_mixed_in(settings):
    blogs = settings.output / "generated_recipes_blog"
    blogs.mkdir()
    meta = {"seed": derived_seed(0, "00000-soup", 1)}
    (blogs / "00000-soup.meta.json").write_text(json.dumps(meta), encoding="utf-8")
    assert commands(settings)
    assert commands(replace(settings, seed=0))
    with pytest.raises(PipelineError, match="choose another --output"):
        commands(replace(settings, seed=2))


def test_training_is_reused_for_the_same_dataset_and_settings(settings):
    assert not quickstart.trained_already(settings)
    write_record(settings, resume=True)
    assert quickstart.trained_already(settings)
    settings.train_set.write_text("{} \n", encoding="utf-8")
    assert not quickstart.trained_already(settings)


@pytest.mark.parametrize("change", [{"num_epochs": 7}, {"seed": 2}, {"model_name": "other"}])
def test_other_settings_train_anew(settings, change):
    write_record(settings, **change)
    assert not quickstart.trained_already(settings)


@pytest.mark.parametrize("change", [{"lora_rank": 8}, {"epochs": 3}, {"batch_size": 2}])
def test_a_training_resumes_only_from_its_own_checkpoints(settings, change):
    command = quickstart.training_command(settings)
    assert "--resume" not in resuming(command)
    dataset_hash = file_sha256(settings.train_set)
    claim_output_dir(settings_of(command[1:]), dataset_hash, resuming=True)
    assert resuming(command) == [*command, "--resume"]
    other = quickstart.training_command(replace(settings, **change))
    assert "--resume" not in resuming(other)
    settings.train_set.write_text("{} \n", encoding="utf-8")
    assert "--resume" not in resuming(command)


@pytest.mark.parametrize(("model", "offline"), [("embedded", True), ("unsloth/gemma-3", False)])
def test_stages_run_in_order_and_training_is_skipped_when_done(
    settings, monkeypatch, capsys, model, offline
):
    settings = replace(settings, model_name=model)
    ran = []

    def run(command, offline=True):
        ran.append((command[0][:2], offline))
        if command[0].startswith("07"):
            settings.evaluation.mkdir()
            models = {
                "base, first answers": {"answer": "no"},
                "finetuned": {"answer": '{"name": "Soup"}'},
            }
            row = {"post": "A soup.", "models": models}
            (settings.evaluation / "results.jsonl").write_text(json.dumps(row), encoding="utf-8")

    monkeypatch.setattr(quickstart, "run_script", run)
    write_record(settings, model_name=model)
    assert quickstart.run_quickstart(settings) == 0
    assert ran == [("02", True), ("03", True), ("04", True), ("07", offline)]
    out = capsys.readouterr().out
    assert "reused" in out
    assert '"name": "Soup"' in out
    assert str(settings.evaluation / "report.html") in out
