"""The real training loop (Unsloth, TRL, PEFT) on a tiny random Gemma 3, and what it writes."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_json
from recipe_pipeline.training import data as training_data
from recipe_pipeline.training import finetune as finetune_stage
from recipe_pipeline.training import loop as training
from recipe_pipeline.training.data import file_sha256
from recipe_pipeline.training.settings import TrainingSettings
from tests.tiny_gemma import write_tiny_model

ROOT = Path(__file__).parents[2]
VALID = json.dumps(
    {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Toast",
        "recipeIngredient": ["1 slice bread"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Toast the bread."}],
    }
)


def write_dataset(path: Path, examples: int = 6) -> None:
    lines = []
    for number in range(examples):
        recipe = {"@context": "https://schema.org", "@type": "Recipe", "name": f"cup {number}"}
        messages = [
            {"role": "system", "content": "recipe"},
            {"role": "user", "content": f"Extract recipe information from this text:\n\n{number}"},
            {"role": "assistant", "content": f"<think>\nx\n</think>\n\n{json.dumps(recipe)}"},
        ]
        lines.append(json.dumps({"messages": messages}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_settings(folder: Path, **changes) -> TrainingSettings:
    values = {
        "dataset": str(folder / "set.jsonl"),
        "model_name": str(folder / "base"),
        "output_dir": str(folder / "outputs"),
        "save_dir": str(folder / "adapter"),
        "max_seq_length": 512,
        "lora_rank": 4,
        "batch_size": 2,
        "gradient_accumulation_steps": 1,
        "max_steps": 4,
        "save_steps": 2,
        "learning_rate": 1e-2,
        "warmup_steps": 0,
    }
    return TrainingSettings(**{**values, **changes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(folder, settings, result) of one run with an evaluation part."""
    folder = tmp_path_factory.mktemp("training")
    write_tiny_model(folder / "base")
    write_dataset(folder / "set.jsonl")
    settings = make_settings(folder, eval_split=0.2)
    return folder, settings, training.train(settings)


@pytest.mark.slow
def test_training_lowers_the_loss_and_writes_adapter_and_tokenizer(trained):
    folder, _, result = trained
    losses = [entry["loss"] for entry in result.loss_history if "loss" in entry]
    assert len(losses) == result.steps == 4
    assert losses[-1] < losses[0]
    assert 0 < result.eval_loss < 20
    adapter = folder / "adapter"
    assert {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json"} <= {
        path.name for path in adapter.iterdir()
    }
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert len(config["target_modules"]) == 7
    assert not list(folder.glob(".*.tmp"))


@pytest.mark.slow
def test_the_record_tells_what_was_done(trained):
    folder, settings, result = trained
    record = json.loads((folder / "adapter" / "training_run.json").read_text(encoding="utf-8"))
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
        monkeypatch.setattr(training, "_single_process", lambda single=single: single)
        settings = make_settings(folder, max_steps=3, save_dir=str(folder / name), eval_split=0.2)
        result = training.train(settings)
        losses.append([entry["loss"] for entry in result.loss_history if "loss" in entry])
        losses[-1].append(result.eval_loss)
    assert losses[0] == pytest.approx(losses[1], rel=5e-3)


@pytest.mark.slow
def test_the_evaluation_loss_is_the_mean_of_the_examples_means(trained, monkeypatch):
    import torch

    folder, _, _ = trained
    settings = make_settings(folder, output_dir=str(folder / "evaluated"))
    model, tokenizer = training.load_model(settings)
    model.get_output_embeddings().weight.data *= 20  # else all losses are near log(vocabulary)
    chats = training_data.load_messages(folder / "set.jsonl")[:3]
    for number, chat in enumerate(chats):
        chat[-1] = {**chat[-1], "content": "a cup of flour " * (1 + 9 * number)}
    rows = training_data.tokenise(chats, tokenizer, 512)
    model = training.add_lora(model, settings, rows.longest)
    means = []
    with torch.no_grad():
        for row in rows.rows:
            logits = model(input_ids=torch.tensor([row["input_ids"]])).logits[0, :-1].float()
            targets = torch.tensor(row["labels"][1:])
            means.append(torch.nn.functional.cross_entropy(logits, targets).item())
    for single, weight, batch_size in ((True, 6.0, 1), (True, 6.0, 3), (False, 1.0, 3)):
        monkeypatch.setattr(training, "_single_process", lambda single=single: single)
        other = replace(settings, decision_weight=weight, batch_size=batch_size)
        trainer = training.build_trainer(model, tokenizer, other, rows, rows, [])
        assert trainer.evaluate()["eval_loss"] == pytest.approx(sum(means) / 3, rel=2e-3)


def adapter_of(folder: Path) -> bytes:
    return (folder / "adapter_model.safetensors").read_bytes()


@pytest.mark.slow
def test_resuming_goes_on_from_the_last_checkpoint(trained, capsys):
    folder, _, _ = trained
    place = {"output_dir": str(folder / "resumed"), "save_dir": str(folder / "resumed_adapter")}
    training.train(make_settings(folder, max_steps=2, **place))
    result = training.train(make_settings(folder, max_steps=4, resume=True, **place))
    assert "checkpoint-2" in capsys.readouterr().out
    assert result.steps == 4
    steps = [entry["step"] for entry in result.loss_history if "loss" in entry]
    assert steps == [1, 2, 3, 4]
    before = adapter_of(folder / "resumed_adapter")
    again = training.train(make_settings(folder, max_steps=4, resume=True, **place))
    assert "checkpoint-4 is at step 4 of 4" in capsys.readouterr().out
    assert (again.steps, again.loss_history) == (4, result.loss_history)
    assert adapter_of(folder / "resumed_adapter") == before
    assert not (folder / "resumed" / "checkpoint-5").exists()


@pytest.mark.slow
def test_beginning_anew_moves_checkpoints_aside_that_a_later_resume_would_take(trained, capsys):
    folder, _, _ = trained
    place = {"output_dir": str(folder / "anew"), "save_dir": str(folder / "anew_adapter")}
    fake_checkpoint(folder / "anew", 900)
    training.train(make_settings(folder, max_steps=2, **place))
    assert "--output-dir" in capsys.readouterr().out
    assert [path.name for path in (folder / "anew").glob("checkpoint-*")] == ["checkpoint-2"]
    assert (folder / "anew" / "earlier-1" / "checkpoint-900" / "trainer_state.json").exists()


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
def test_nothing_that_fits_is_an_error(trained):
    folder, _, _ = trained
    with pytest.raises(PipelineError, match="--max-seq-length"):
        training.train(make_settings(folder, max_seq_length=64))


@pytest.mark.slow
def test_a_model_that_is_not_there_is_one_sentence(trained, monkeypatch):
    folder, _, _ = trained
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PipelineError, match="--model-name embedded"):
        training.train(make_settings(folder, model_name="nobody/no-such-model"))


def test_a_run_that_diverged_is_recorded_as_json(tmp_path):
    nan = float("nan")
    losses = [{"step": 1, "loss": 2.0}, {"step": 1, "eval_loss": nan}]
    result = training.TrainingResult(
        save_dir=tmp_path, steps=1, examples=1, dropped_too_long=0, train_loss=2.0, eval_loss=nan,
        loss_history=losses,
    )  # fmt: skip
    record = training.run_record(make_settings(tmp_path), result, "hash", None)
    record = json.loads(json.dumps(record, allow_nan=False))
    assert record["result"]["eval_loss"] is None
    assert record["loss_history"] == [{"step": 1, "loss": 2.0}, {"step": 1, "eval_loss": None}]


def fake_checkpoint(folder: Path, step: int, whole: bool = True) -> None:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    parts = ("adapter_model.safetensors", "optimizer.pt", "scheduler.pt", "trainer_state.json")
    for part in parts if whole else parts[2:]:
        (path / part).write_text("{}", encoding="utf-8")


def test_the_last_whole_checkpoint_is_taken(tmp_path):
    settings = make_settings(tmp_path, resume=True)
    outputs = Path(settings.output_dir)
    for step, whole in ((5, True), (10, True), (15, False)):
        fake_checkpoint(outputs, step, whole)
    assert training._checkpoint_to_resume(settings, "hash").endswith("checkpoint-10")


def test_nothing_to_resume_starts_from_the_beginning(tmp_path, capsys):
    assert training._checkpoint_to_resume(make_settings(tmp_path, resume=True), "hash") is None
    assert "from the beginning" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lora_rank": 8, "lora_alpha": 4}, r"--lora-rank 4 \(now 8\): .*--resume off"),
        ({"seed": 1}, r"--seed 3407 \(now 1\)"),
        ({"model_name": "other"}, "--model-name"),
        ({"learning_rate": 1e-3}, r"--learning-rate 0\.01 \(now 0\.001\)"),
        ({"batch_size": 8, "max_seq_length": 99}, r"--max-seq-length 512.*, --batch-size 2"),
        ({"lora_alpha": 8}, r"--lora-alpha 4 \(now 8\)"),
        ({"decision_weight": 3.0}, r"--decision-weight 1\.0"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused(tmp_path, change, told):
    settings = make_settings(tmp_path, resume=True)
    fake_checkpoint(Path(settings.output_dir), 5)
    training._write_fingerprint(settings, "hash")
    assert training._checkpoint_to_resume(settings, "hash") is not None
    with pytest.raises(PipelineError, match=told):
        training._checkpoint_to_resume(make_settings(tmp_path, resume=True, **change), "hash")


@pytest.mark.parametrize("change", [{"max_steps": 90}, {"num_epochs": 3}, {"save_steps": 7}])
def test_a_resumed_run_may_be_longer_but_is_another_run(tmp_path, change):
    settings = make_settings(tmp_path, resume=True)
    write_dataset(tmp_path / "set.jsonl")
    dataset_hash = file_sha256(tmp_path / "set.jsonl")
    fake_checkpoint(Path(settings.output_dir), 5)
    assert not training.checkpoints_fit(settings)
    training._write_fingerprint(settings, dataset_hash)
    assert training.checkpoints_fit(settings)
    longer = make_settings(tmp_path, resume=True, **change)
    assert training._checkpoint_to_resume(longer, dataset_hash) is not None
    assert training.checkpoints_fit(longer) == ("save_steps" in change)


def test_a_fingerprint_of_an_older_version_counts_for_what_it_holds(tmp_path):
    settings = make_settings(tmp_path, resume=True)
    fake_checkpoint(Path(settings.output_dir), 5)
    old = {"dataset": "hash", "model_name": settings.model_name, "lora_rank": 4, "seed": 3407}
    write_json(Path(settings.output_dir) / "fingerprint.json", old)
    assert training._checkpoint_to_resume(settings, "hash") is not None
    with pytest.raises(PipelineError, match="--lora-rank 4"):
        training._checkpoint_to_resume(make_settings(tmp_path, resume=True, lora_rank=8), "hash")


def test_a_checkpoint_of_another_dataset_is_refused(tmp_path):
    settings = make_settings(tmp_path, resume=True)
    fake_checkpoint(Path(settings.output_dir), 5)
    training._write_fingerprint(settings, "hash")
    with pytest.raises(PipelineError, match="another dataset"):
        training._checkpoint_to_resume(settings, "other hash")


def test_05_finds_a_missing_dataset_before_anything_else(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "05_finetune.py"), "--dataset", "none.jsonl"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: no dataset at none.jsonl")


def test_export_only_needs_an_adapter(tmp_path):
    with pytest.raises(PipelineError, match="no adapter"):
        finetune_stage.export_only(make_settings(tmp_path))


def test_the_inference_test_uses_the_system_prompt_of_the_training(tmp_path, monkeypatch, capsys):
    class Generator:
        def __init__(self, spec, *, system_prompt):
            self.system_prompt = system_prompt

        def generate(self, posts, max_new_tokens):
            return [f"{self.system_prompt}: {posts[0]}"]

    monkeypatch.setattr("recipe_pipeline.models.generator.load_generator", Generator)
    write_dataset(tmp_path / "set.jsonl")
    finetune_stage.inference_test(make_settings(tmp_path))
    assert "recipe: 0" in capsys.readouterr().out


@pytest.mark.parametrize(("rank", "expected"), [("0", ["test", "export"]), ("1", [])])
def test_under_torchrun_one_process_tests_and_exports(tmp_path, monkeypatch, rank, expected):
    result = training.TrainingResult(tmp_path, 1, 1, 0, 0.5, None)
    done = []
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setattr(training, "train", lambda settings: result)
    monkeypatch.setattr(finetune_stage, "inference_test", lambda settings: done.append("test"))
    monkeypatch.setattr(finetune_stage, "_export", lambda settings: done.append("export"))
    monkeypatch.setattr(
        "recipe_pipeline.models.export.check_export_possible", lambda settings: None
    )
    write_dataset(tmp_path / "set.jsonl")
    assert finetune_stage.finetune(make_settings(tmp_path, save_gguf=True)) == 0
    assert done == expected


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("{}", "parses: yes; valid: yes (no recipe found)"),
        ("{", "parses: no"),
        (
            VALID,
            "parses: yes; valid: yes",
        ),
        ("[1]", "parses: yes; valid: no"),
    ],
)
def test_the_verdict_on_an_answer(answer, verdict):
    assert finetune_stage.verdict(answer).startswith(verdict)
