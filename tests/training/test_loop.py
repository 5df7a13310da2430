"""The real training loop (Unsloth, TRL, PEFT) on a tiny random Gemma 3, and what it writes."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.training import data, loop
from recipe_pipeline.training import trainer as trainer_module
from recipe_pipeline.training.trainer import add_lora, build_trainer, load_model
from tests.tiny_gemma import write_tiny_model
from tests.training.conftest import make_settings, write_dataset

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(folder, settings, result) of one run with a held-out split."""
    folder = tmp_path_factory.mktemp("training")
    write_tiny_model(folder / "base")
    write_dataset(folder / "set.jsonl")
    settings = make_settings(folder, eval_split=0.2)
    return folder, settings, loop.train(settings)


def losses_of(result):
    return [entry["loss"] for entry in result.loss_history if "loss" in entry]


@pytest.mark.slow
def test_training_lowers_the_loss_and_saves_adapter_tokenizer_and_record(trained):
    folder, settings, result = trained
    losses = losses_of(result)
    assert len(losses) == result.steps == 4
    assert losses[-1] < losses[0]
    assert 0 < result.eval_loss < 20
    adapter = folder / "adapter"
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert len(config["target_modules"]) == 7
    assert (adapter / "adapter_model.safetensors").exists()
    assert (adapter / "tokenizer.json").exists()
    assert not list(folder.glob(".*.tmp"))

    record = json.loads((adapter / "training_run.json").read_text(encoding="utf-8"))
    assert record["settings"] == settings.to_dict()
    assert record["system_prompt"] == "recipe"
    assert record["dataset_sha256"] == file_sha256(folder / "set.jsonl")
    assert record["result"]["steps"] == result.steps
    assert record["result"]["tokens_per_second"] > 0
    assert record["result"]["peak_memory_bytes"] > 0
    assert record["loss_history"] == result.loss_history
    assert {"torch", "transformers", "trl", "peft", "unsloth", "python"} <= set(record["versions"])


@pytest.mark.slow
def test_the_cpu_trainer_learns_what_the_stock_trainer_learns(trained, monkeypatch):
    folder, _, _ = trained
    losses = []
    for name, single in (("cpu", True), ("stock", False)):
        monkeypatch.setattr(trainer_module, "single_process", lambda single=single: single)
        settings = make_settings(folder, max_steps=3, save_dir=str(folder / name), eval_split=0.2)
        result = loop.train(settings)
        losses.append([*losses_of(result), result.eval_loss])
    assert losses[0] == pytest.approx(losses[1], rel=5e-3)


@pytest.mark.slow
def test_eval_loss_is_the_mean_over_examples_of_their_means(trained, monkeypatch):
    import torch

    folder, _, _ = trained
    settings = make_settings(folder, output_dir=str(folder / "evaluated"))
    model, tokenizer = load_model(settings)
    model.get_output_embeddings().weight.data *= 20  # else all losses are near log(vocabulary)
    chats = data.load_chats(folder / "set.jsonl")[:3]
    for number, chat in enumerate(chats):
        chat[-1] = {**chat[-1], "content": "a cup of flour " * (1 + 9 * number)}
    rows = data.tokenise(chats, tokenizer, 512)
    model = add_lora(model, settings, rows.longest)
    means = []
    with torch.no_grad():
        for row in rows.rows:
            logits = model(input_ids=torch.tensor([row["input_ids"]])).logits[0, :-1].float()
            targets = torch.tensor(row["labels"][1:])
            means.append(torch.nn.functional.cross_entropy(logits, targets).item())
    for single, weight, batch_size in ((True, 6.0, 1), (True, 6.0, 3), (False, 1.0, 3)):
        monkeypatch.setattr(trainer_module, "single_process", lambda single=single: single)
        other = replace(settings, decision_weight=weight, batch_size=batch_size)
        trainer = build_trainer(model, tokenizer, other, rows, rows)
        assert trainer.evaluate()["eval_loss"] == pytest.approx(sum(means) / 3, rel=2e-3)


@pytest.mark.slow
def test_a_resumed_run_continues_from_the_last_checkpoint(trained, capsys):
    folder, _, _ = trained
    place = {"output_dir": str(folder / "resumed"), "save_dir": str(folder / "resumed_adapter")}
    loop.train(make_settings(folder, max_steps=2, **place))
    result = loop.train(make_settings(folder, max_steps=4, resume=True, **place))
    assert "checkpoint-2" in capsys.readouterr().out
    assert result.steps == 4
    steps = [entry["step"] for entry in result.loss_history if "loss" in entry]
    assert steps == [1, 2, 3, 4]
    weights = folder / "resumed_adapter" / "adapter_model.safetensors"
    before = weights.read_bytes()
    again = loop.train(make_settings(folder, max_steps=4, resume=True, **place))
    assert "already at step 4 of 4" in capsys.readouterr().out
    assert (again.steps, again.loss_history) == (4, result.loss_history)
    assert weights.read_bytes() == before
    assert not (folder / "resumed" / "checkpoint-5").exists()


@pytest.mark.slow
def test_05_trains_from_the_command_line_and_tests_the_answer(trained):
    folder, _, _ = trained
    command = [sys.executable, str(ROOT / "05_finetune.py"), "--dataset", str(folder / "set.jsonl")]
    command += ["--model-name", str(folder / "base"), "--max-steps", "1", "--lora-rank", "2"]
    command += ["--output-dir", str(folder / "o"), "--save-dir", str(folder / "s")]
    command += ["--max-seq-length", "512"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    assert "6 training examples" in done.stdout
    assert "Inference test" in done.stdout
    assert "parses: " in done.stdout
    assert (folder / "s" / "training_run.json").exists()


@pytest.mark.slow
def test_a_missing_model_and_a_dataset_that_does_not_fit_are_reported(trained, monkeypatch):
    folder, _, _ = trained
    with pytest.raises(PipelineError, match="--max-seq-length 64"):
        loop.train(make_settings(folder, max_seq_length=64))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PipelineError, match="embedded"):
        loop.train(make_settings(folder, model_name="nobody/no-such-model"))


def test_a_diverged_run_is_recorded_as_valid_json(tmp_path):
    nan = float("nan")
    losses = [{"step": 1, "loss": 2.0}, {"step": 1, "eval_loss": nan}]
    result = loop.TrainingResult(
        save_dir=tmp_path, steps=1, examples=1, dropped_too_long=0, train_loss=2.0, eval_loss=nan,
        loss_history=losses,
    )  # fmt: skip
    record = loop.run_record(make_settings(tmp_path), result, "hash", None)
    record = json.loads(json.dumps(record, allow_nan=False))
    assert record["result"]["eval_loss"] is None
    assert record["loss_history"] == [{"step": 1, "loss": 2.0}, {"step": 1, "eval_loss": None}]
