"""Script 06's command line: both spellings of every flag, booleans as words, defaults."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import flags as training_flags
from recipe_pipeline.training import tracking_flags
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracking import WandbOptions
from recipe_pipeline.training.tracking_flags import normalise_arguments

SCRIPT = Path(__file__).parents[2] / "06_finetune_wandb.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT), run_name="script")


def parse(script, *arguments):
    return script["parse_args"](arguments)


def test_defaults_are_those_of_the_table(script):
    args = parse(script)
    settings = training_flags.settings_from(args)
    assert settings == TrainingSettings(
        dataset="./finetuning_dataset.jsonl",
        model_name="unsloth/gemma-3-270m-it",
        max_seq_length=8192,
        lora_rank=128,
        batch_size=4,
        gradient_accumulation_steps=4,
        max_steps=50,
        num_epochs=1,
        learning_rate=2e-5,
        lora_alpha=None,
        lora_dropout=0,
        weight_decay=0.001,
        warmup_steps=5,
        lr_scheduler_type="linear",
        optimizer="adamw_8bit",
        use_rslora=False,
        eval_split=0.1,
    )
    assert settings.alpha == 128
    assert (args.sweep_id, args.sweep_count) == (None, None)
    assert tracking_flags.options_from(args) == WandbOptions(
        project="recipe-extractor-finetune",
        entity=None,
        run_name=None,
        tags=(),
        log_model=False,
        table_rows=4,
    )


def test_lora_alpha_follows_the_rank_unless_given(script):
    assert training_flags.settings_from(parse(script, "--lora-rank", "32")).alpha == 32
    both = parse(script, "--lora_rank=32", "--lora_alpha=64")
    assert training_flags.settings_from(both).alpha == 64


def test_what_wandb_agent_writes_is_understood(script):
    args = parse(
        script,
        "--batch_size=2",
        "--gradient_accumulation_steps=8",
        "--learning_rate=3e-05",
        "--lora_dropout=0",
        "--lr_scheduler_type=constant_with_warmup",
        "--max_steps=-1",
        "--model_name=my_models/base_model",
        "--use_rslora=True",
    )
    settings = training_flags.settings_from(args)
    assert settings.batch_size == 2
    assert settings.gradient_accumulation_steps == 8
    assert settings.learning_rate == 3e-5
    assert settings.lora_dropout == 0
    assert settings.lr_scheduler_type == "constant_with_warmup"
    assert settings.max_steps == -1
    assert settings.model_name == "my_models/base_model"
    assert settings.use_rslora is True


@pytest.mark.parametrize("flag", ["--use-rslora", "--use_rslora"])
@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ([], True),
        (["=True"], True),
        (["=true"], True),
        (["=1"], True),
        (["=False"], False),
        (["=false"], False),
        (["=0"], False),
        (["", "True"], True),
        (["", "False"], False),
    ],
)
def test_booleans_as_switches_and_as_words(script, flag, behind, expected):
    arguments = [flag + (behind[0] if behind else ""), *behind[1:], "--lora_rank=8"]
    args = parse(script, *arguments)
    assert args.use_rslora is expected
    assert args.lora_rank == 8


@pytest.mark.parametrize("name", ["log-model", "log_model", "load-4bit", "load_4bit"])
def test_every_switch_takes_a_word(script, name):
    attribute = name.replace("-", "_")
    assert getattr(parse(script, f"--{name}=True"), attribute) is True
    assert getattr(parse(script, f"--{name}=False"), attribute) is False


def test_every_flag_can_be_written_with_underscores(script):
    import argparse

    parser = cli.build_parser(None)
    tracking_flags.add_tracked_arguments(parser)
    flags = [flag for action in parser._actions for flag in action.option_strings]
    long_flags = [flag for flag in flags if "-" in flag[2:]]
    assert len(long_flags) > 25
    for flag in long_flags:
        written = "--" + flag[2:].replace("-", "_")
        assert normalise_arguments(
            [written + "=x" if flag not in tracking_flags._SWITCHES else written]
        )[0].startswith(flag)
    assert isinstance(parser, argparse.ArgumentParser)


def test_a_word_that_is_no_boolean_is_refused(script, capsys):
    with pytest.raises(PipelineError, match="--use-rslora is 'maybe'"):
        parse(script, "--use_rslora=maybe")
    assert cli.run(script["main"], ["--use_rslora=maybe"]) == 1
    assert "error: --use-rslora is 'maybe'" in capsys.readouterr().err


def test_values_are_left_as_they_are():
    arguments = ["--run_name=my_run-1", "--dataset", "a_b.jsonl", "--tags=x_y,z"]
    assert normalise_arguments(arguments) == [
        "--run-name=my_run-1",
        "--dataset",
        "a_b.jsonl",
        "--tags=x_y,z",
    ]


def test_tags_are_split_at_commas(script):
    assert parse(script, "--tags", "first try, gpu,").tags == ("first try", "gpu")


def test_a_sweep_count_without_a_sweep_is_refused(script, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(script, "--sweep-count", "3")
    assert caught.value.code == 2
    assert "--sweep-id" in capsys.readouterr().err


def test_wrong_settings_are_one_sentence(script, capsys, monkeypatch):
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    assert cli.run(script["main"], ["--lora_dropout=1.5"]) == 1
    assert capsys.readouterr().err.startswith("error: --lora-dropout is 1.5")
