"""Which checkpoint a run resumes from, and what happens to those of another run."""

from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.training.checkpoints import (
    LAST_FILE,
    checkpoint_to_resume,
    checkpoints_fit,
    claim_output_dir,
)
from tests.training.conftest import make_settings, write_dataset


def fake_checkpoint(folder: Path, step: int, file=LAST_FILE) -> None:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / file).write_text("{}", encoding="utf-8")


@pytest.fixture
def outputs(tmp_path):
    """The output folder of `make_settings`, with checkpoint-5 in it."""
    fake_checkpoint(tmp_path / "outputs", 5)
    return tmp_path / "outputs"


def test_the_last_complete_checkpoint_is_used(tmp_path, outputs):
    fake_checkpoint(outputs, 10)
    fake_checkpoint(outputs, 15, "optimizer.pt")
    found = checkpoint_to_resume(make_settings(tmp_path, resume=True), "hash")
    assert found.endswith("checkpoint-10")
    assert checkpoint_to_resume(make_settings(tmp_path), "hash") is None


def test_without_checkpoints_training_starts_from_the_beginning(tmp_path, capsys):
    assert checkpoint_to_resume(make_settings(tmp_path, resume=True), "hash") is None
    assert "from the beginning" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lora_rank": 8, "lora_alpha": 4}, r"--lora-rank 4 \(now 8\): .*without --resume"),
        ({"seed": 1}, r"--seed 3407 \(now 1\)"),
        ({"model_name": "other"}, "--model-name"),
        ({"learning_rate": 1e-3}, r"--learning-rate 0\.01 \(now 0\.001\)"),
        ({"batch_size": 8, "max_seq_length": 99}, r"--max-seq-length 512.*, --batch-size 2"),
        ({"lora_alpha": 8}, r"--lora-alpha 4 \(now 8\)"),
        ({"decision_weight": 3.0}, r"--decision-weight 1\.0"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused(tmp_path, outputs, change, message):
    settings = make_settings(tmp_path, resume=True)
    claim_output_dir(settings, "hash", resuming=True)
    assert checkpoint_to_resume(settings, "hash")
    with pytest.raises(PipelineError, match=message):
        checkpoint_to_resume(make_settings(tmp_path, resume=True, **change), "hash")
    with pytest.raises(PipelineError, match="another dataset"):
        checkpoint_to_resume(settings, "other hash")


@pytest.mark.parametrize("change", [{"max_steps": 90}, {"num_epochs": 3}, {"save_steps": 7}])
def test_a_longer_run_may_resume_but_is_another_run(tmp_path, outputs, change):
    settings = make_settings(tmp_path, resume=True)
    dataset_hash = file_sha256(write_dataset(tmp_path / "set.jsonl"))
    assert not checkpoints_fit(settings)
    claim_output_dir(settings, dataset_hash, resuming=True)
    assert checkpoints_fit(settings)
    longer = make_settings(tmp_path, resume=True, **change)
    assert checkpoint_to_resume(longer, dataset_hash)
    assert checkpoints_fit(longer) == ("save_steps" in change)


def test_a_new_run_moves_old_checkpoints_aside(tmp_path, outputs, capsys):
    claim_output_dir(make_settings(tmp_path), "hash", resuming=False)
    fake_checkpoint(outputs, 7)
    claim_output_dir(make_settings(tmp_path), "hash", resuming=False)
    assert f"--output-dir {outputs / 'earlier-2'}" in capsys.readouterr().out
    assert not list(outputs.glob("checkpoint-*"))
    assert (outputs / "earlier-1" / "checkpoint-5").is_dir()
    assert (outputs / "earlier-2" / "checkpoint-7").is_dir()
    assert (outputs / "earlier-2" / "fingerprint.json").exists()
    assert (outputs / "fingerprint.json").exists()
