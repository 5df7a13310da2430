"""Settings and the flags made from them."""

import argparse

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training.flags import HELP, add_training_arguments, settings_from
from recipe_pipeline.training.settings import TrainingSettings

# The defaults that people's commands rely on.
DEFAULTS = {
    "dataset": "./finetuning_dataset.jsonl",
    "model_name": "unsloth/gemma-3-270m-it",
    "max_seq_length": 8192,
    "lora_rank": 128,
    "batch_size": 4,
    "gradient_accumulation_steps": 4,
    "max_steps": 50,
    "num_epochs": 1,
    "learning_rate": 2e-5,
    "output_dir": "outputs",
    "save_dir": "gemma-3",
    "save_gguf": False,
    "gguf_quantization": "Q8_0",
    "load_4bit": False,
    "load_8bit": False,
    "skip_inference_test": False,
}


def parse(*arguments: str) -> TrainingSettings:
    parser = argparse.ArgumentParser()
    add_training_arguments(parser)
    return settings_from(parser.parse_args(arguments))


def test_defaults_are_the_documented_ones():
    values = vars(parse())
    assert {name: values[name] for name in DEFAULTS} == DEFAULTS


def test_flags_and_settings_agree_on_every_default():
    assert parse() == TrainingSettings()
    assert set(HELP) == set(vars(TrainingSettings()))


def test_flags_reach_the_settings():
    settings = parse("--lora-rank", "8", "--learning-rate", "3e-4", "--resume", "--max-steps", "-1")
    assert (settings.lora_rank, settings.learning_rate) == (8, 3e-4)
    assert (settings.resume, settings.max_steps) == (True, -1)


def test_alpha_is_the_rank_unless_given():
    assert TrainingSettings(lora_rank=16).alpha == 16
    assert TrainingSettings(lora_rank=16, lora_alpha=32).alpha == 32
    assert TrainingSettings(lora_rank=16).to_dict()["lora_alpha"] == 16


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_seq_length", 10),
        ("lora_rank", 0),
        ("lora_alpha", 0),
        ("lora_dropout", 1.0),
        ("lora_dropout", -0.1),
        ("batch_size", 0),
        ("gradient_accumulation_steps", 0),
        ("max_steps", 0),
        ("max_steps", -2),
        ("num_epochs", 0),
        ("learning_rate", 0.0),
        ("learning_rate", 2.0),
        ("weight_decay", -1.0),
        ("warmup_steps", -1),
        ("eval_split", 1.0),
        ("save_steps", 0),
        ("lr_scheduler_type", "sawtooth"),
        ("optimizer", "magic"),
        ("gguf_quantization", "Q2_K"),
        ("gradient_checkpointing", "maybe"),
    ],
)
def test_a_bad_value_is_named_with_its_flag(field, value):
    with pytest.raises(PipelineError) as caught:
        TrainingSettings(**{field: value})
    message = str(caught.value)
    assert "--" + field.replace("_", "-") in message
    assert repr(value) in message


def test_two_ways_of_quantised_loading_exclude_each_other():
    with pytest.raises(PipelineError, match="exclude each other"):
        TrainingSettings(load_4bit=True, load_8bit=True)
