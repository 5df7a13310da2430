"""The command that trains for real pages, and the preset it stands on."""

import os
import subprocess
import sys

import pytest
from script_flags import help_of

from recipe_pipeline import quickstart, real_pages, training_flags
from recipe_pipeline.cli import build_parser
from recipe_pipeline.real_pages import RealPagesSettings
from recipe_pipeline.training_settings import PRESETS, TrainingSettings


def parse(*argv):
    parser = build_parser("")
    training_flags.add_training_arguments(parser)
    return training_flags.settings_from(training_flags.parse_with_preset(parser, argv))


def test_without_a_preset_the_documented_defaults_hold():
    assert parse() == TrainingSettings()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_replaces_defaults_and_flags_replace_it(preset):
    assert parse("--preset", preset) == TrainingSettings(**PRESETS[preset])
    assert parse("--lora-rank", "8", "--preset", preset).lora_rank == 8
    # Also a flag that says what the default was.
    default = TrainingSettings().max_seq_length
    assert parse("--preset", preset, "--max-seq-length", str(default)).max_seq_length == default


def test_every_command_is_one_its_script_takes(tmp_path):
    settings = RealPagesSettings(csv=real_pages.SAMPLE_CSV, output=tmp_path)
    for _, (script, *arguments) in real_pages.commands(settings, "http://127.0.0.1:1/v1"):
        assert help_of(script, arguments)


def test_posts_are_labelled_and_ready_before_the_training_starts(tmp_path, monkeypatch):
    seen = []

    def run(title, command):
        if command[0] == "05_finetune.py":
            seen.append(command)
        else:
            subprocess.run(
                [sys.executable, str(quickstart.ROOT / command[0]), *command[1:]], check=True
            )

    monkeypatch.setattr(real_pages, "run_script", run)
    arguments = ["--csv", str(real_pages.SAMPLE_CSV), "--examples", "6"]
    output = tmp_path / "out"
    assert real_pages.main([*arguments, "--output", str(output)]) == 0
    dataset = seen[0][seen[0].index("--dataset") + 1]
    assert os.path.getsize(dataset) > 0
    assert seen[0][seen[0].index("--preset") + 1] in PRESETS
