"""Settings, and the command lines of 05 and 06 made from them."""

import runpy
from dataclasses import fields
from pathlib import Path

import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import settings_from
from recipe_pipeline.training.flags import normalised, settings_of
from recipe_pipeline.training.settings import PRESETS, TrainingSettings
from recipe_pipeline.training.tracked import WandbOptions

# The defaults that people's commands rely on.
DEFAULTS = {
    "dataset": "./finetuning_dataset.jsonl",
    "model_name": "unsloth/gemma-3-270m-it",
    "max_seq_length": 8192,
    "lora_rank": 128,
    "lora_alpha": None,
    "lora_dropout": 0,
    "use_rslora": False,
    "batch_size": 4,
    "gradient_accumulation_steps": 4,
    "max_steps": 50,
    "num_epochs": 1,
    "learning_rate": 2e-5,
    "weight_decay": 0.001,
    "warmup_steps": 5,
    "lr_scheduler_type": "linear",
    "optimizer": "adamw_8bit",
    "output_dir": "outputs",
    "save_dir": "gemma-3",
    "save_gguf": False,
    "gguf_quantization": "Q8_0",
    "load_4bit": False,
    "load_8bit": False,
    "skip_inference_test": False,
}


# --- settings and 05 -----------------------------------------------------------------------------


def test_defaults_are_the_documented_ones():
    assert settings_of([]) == TrainingSettings() == TrainingSettings(**DEFAULTS)


@pytest.mark.parametrize("flags", [["--batch-size=4.0", "--lora-rank", "8.0"]])
def test_a_sweep_may_write_whole_numbers_as_floats(flags):
    settings = settings_of(flags)
    assert (settings.batch_size, settings.lora_rank) == (4, 8)


def test_every_setting_has_a_flag():
    assert all("flag" in field.metadata for field in fields(TrainingSettings))


def test_flags_set_the_settings():
    arguments = ["--lora-rank", "8", "--learning-rate", "3e-4", "--resume", "--max-steps", "-1"]
    expected = TrainingSettings(lora_rank=8, learning_rate=3e-4, resume=True, max_steps=-1)
    assert settings_of(arguments) == expected


def test_alpha_is_the_rank_by_default():
    assert TrainingSettings(lora_rank=16).alpha == 16
    assert TrainingSettings(lora_rank=16, lora_alpha=32).alpha == 32
    assert TrainingSettings(lora_rank=16).to_dict()["lora_alpha"] == 16


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("max_seq_length", 10), ("lora_rank", 0), ("lora_alpha", 0), ("lora_dropout", 1.0)),
        *(("lora_dropout", -0.1), ("batch_size", 0), ("gradient_accumulation_steps", 0)),
        *(("max_steps", 0), ("max_steps", -2), ("num_epochs", 0), ("learning_rate", 0.0)),
        *(("learning_rate", 2.0), ("weight_decay", -1.0), ("warmup_steps", -1)),
        *(("decision_weight", 0.5), ("eval_split", 1.0), ("eval_steps", -1), ("save_steps", 0)),
        *(("lr_scheduler_type", "sawtooth"), ("optimizer", "magic")),
        *(("gguf_quantization", "Q2_K"), ("gradient_checkpointing", "maybe")),
    ],
)
def test_a_bad_value_is_reported_with_its_flag(field, value):
    with pytest.raises(PipelineError) as caught:
        TrainingSettings(**{field: value})
    assert f"--{field.replace('_', '-')} is {value!r}: it must be" in str(caught.value)


def test_4_and_8_bit_loading_exclude_each_other():
    with pytest.raises(PipelineError, match="exclude each other"):
        TrainingSettings(load_4bit=True, load_8bit=True)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_replaces_defaults_and_flags_override_it(preset):
    assert settings_of(["--preset", preset]) == TrainingSettings(**PRESETS[preset])
    assert settings_of(["--lora-rank", "8", "--preset", preset]).lora_rank == 8
    # Also a flag with the value of the default.
    assert settings_of(["--preset", preset, "--max-seq-length", "8192"]).max_seq_length == 8192


# --- 06 ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(Path(__file__).parents[2] / "06_finetune_wandb.py"), run_name="06")


@pytest.fixture
def parse(script):
    """``parse("--lora_rank=8")``: (settings, W&B options, all flags)."""

    def parse(*arguments):
        args = script["parse_args"](arguments)
        return settings_from(TrainingSettings, args), settings_from(WandbOptions, args), args

    return parse


def test_defaults_of_06_are_those_of_05_with_a_held_out_split(parse):
    settings, options, _ = parse()
    assert settings == TrainingSettings(eval_split=0.1)
    assert options == WandbOptions("recipe-extractor-finetune", None, 4, None, None)


def test_06_reads_what_wandb_agent_writes(parse):
    settings, _, _ = parse(
        "--batch_size=2",
        "--lora_alpha=64",
        "--learning_rate=3e-05",
        "--lora_dropout=0",
        "--lr_scheduler_type=constant_with_warmup",
        "--max_steps=-1",
        "--model_name=my_models/base_model",
        "--use_rslora=True",
    )
    assert settings == TrainingSettings(
        eval_split=0.1, batch_size=2, lora_alpha=64, learning_rate=3e-5, lora_dropout=0,
        lr_scheduler_type="constant_with_warmup", max_steps=-1,
        model_name="my_models/base_model", use_rslora=True,
    )  # fmt: skip


@pytest.mark.parametrize("flag", ["--use-rslora", "--use_rslora"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [("", True), ("=True", True), ("=true", True), ("=False", False), ("=false", False)],
)
def test_a_switch_works_with_and_without_a_value(parse, flag, value, expected):
    settings, _, _ = parse(flag + value, "--lora_rank=8")
    assert (settings.use_rslora, settings.lora_rank) == (expected, 8)


@pytest.mark.parametrize("name", ["load-8bit", "load_8bit", "load-4bit", "load_4bit"])
def test_every_switch_takes_a_value(parse, name):
    attribute = name.replace("-", "_")
    assert getattr(parse(f"--{name}=True")[2], attribute) is True
    assert getattr(parse(f"--{name}=False")[2], attribute) is False


def test_underscores_are_replaced_in_names_but_not_in_values():
    arguments = ["--save_dir=my_run-1", "--dataset", "a_b.jsonl", "--wandb-project=x_y"]
    expected = ["--save-dir=my_run-1", "--dataset", "a_b.jsonl", "--wandb-project=x_y"]
    assert normalised(arguments) == expected


def test_a_bad_value_is_reported_in_one_line(script, capsys, monkeypatch):
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    assert cli.run(script["main"], ["--lora_dropout=1.5"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: --lora-dropout is 1.5")
    assert error.count("\n") == 1
