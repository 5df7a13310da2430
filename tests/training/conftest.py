"""What the tests of training share: a small dataset, settings for it, a trainer on a tiny Gemma."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.training.settings import TrainingSettings
from tests.tiny_gemma import write_tiny_model


def write_dataset(path: Path, examples: int = 6) -> Path:
    """A dataset of ``examples`` short recipes with the system prompt "recipe"."""
    lines = []
    for number in range(examples):
        recipe = {"@context": "https://schema.org", "@type": "Recipe", "name": f"cup {number}"}
        recipe["recipeIngredient"] = [f"{number} leeks", "salt"]
        post = f"Soup {number}: {number} leeks, salt"
        lines.append(json.dumps(build_example(post, recipe, "x", "recipe")) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def make_settings(folder: Path, **changes) -> TrainingSettings:
    """Four quick steps on ``folder/set.jsonl`` and ``folder/base``."""
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


@pytest.fixture
def settings(tmp_path) -> TrainingSettings:
    """Settings with a dataset of 20 examples (and no model)."""
    write_dataset(tmp_path / "set.jsonl", 20)
    return make_settings(tmp_path)


@pytest.fixture
def make_trainer(tmp_path):
    """``make_trainer(with_answer_loss, token_weight=6)``: a trainer on a tiny Gemma with LoRA."""
    import peft
    import trl
    from datasets import Dataset
    from transformers import AutoTokenizer

    def make(extend, **options):
        model = write_tiny_model(tmp_path)
        lora = peft.LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
        return extend(trl.SFTTrainer, **options)(
            model=peft.get_peft_model(model, lora),
            args=trl.SFTConfig(
                output_dir=str(tmp_path / "out"),
                use_cpu=True,
                bf16=False,
                report_to="none",
                gradient_checkpointing=False,
                dataset_kwargs={"skip_prepare_dataset": True},
            ),
            train_dataset=Dataset.from_list([{"input_ids": [5, 6, 7], "labels": [5, 6, 7]}]),
            processing_class=AutoTokenizer.from_pretrained(tmp_path),
        )

    return make
