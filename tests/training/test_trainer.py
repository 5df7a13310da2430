"""Which trainer is built, and in which order it sees the examples."""

from functools import partial
from itertools import pairwise

import pytest

peft = pytest.importorskip("peft")
trl = pytest.importorskip("trl")

from recipe_pipeline.training import trainer as module  # noqa: E402
from recipe_pipeline.training.data import TokenisedExamples  # noqa: E402
from recipe_pipeline.training.trainer import build_trainer, trainer_class  # noqa: E402
from tests.tiny_gemma import write_tiny_model  # noqa: E402
from tests.training.conftest import make_settings  # noqa: E402

LENGTHS = [8 + index % 50 for index in range(400)]


@pytest.mark.parametrize(
    ("on_cpu", "weight", "name"),
    [(True, 1, "CpuTrainer"), (False, 6, "AnswerLossTrainer"), (False, 1, "SFTTrainer")],
)
def test_a_gpu_uses_the_stock_trainer_unless_tokens_are_weighted(on_cpu, weight, name):
    assert trainer_class(trl.SFTTrainer, weight, on_cpu).__name__ == name


def share_not_rising(folder, monkeypatch, **settings):
    """How often a batch of the trainer is no longer than the one before it, 0 to 1."""
    from transformers import AutoTokenizer

    # Unsloth does this when it is loaded, which takes half a minute.
    monkeypatch.setattr(trl, "SFTConfig", partial(trl.SFTConfig, use_cpu=True, bf16=False))
    rows = [
        {"input_ids": [5] * n, "attention_mask": [1] * n, "labels": [5] * n, "length": n}
        for n in LENGTHS
    ]
    lora = peft.LoraConfig(r=4, target_modules=["q_proj"])
    trainer = build_trainer(
        peft.get_peft_model(write_tiny_model(folder), lora),
        AutoTokenizer.from_pretrained(folder),
        make_settings(folder, max_seq_length=64, optimizer="adamw_torch", **settings),
        TokenisedExamples(rows),
        None,
        [],
    )
    lengths = [batch["input_ids"].shape[1] for batch in trainer.get_train_dataloader()]
    assert len(lengths) == len(LENGTHS) / settings["batch_size"]
    return sum(later <= earlier for earlier, later in pairwise(lengths)) / len(lengths)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_without_padding_examples_come_in_random_order(tmp_path, monkeypatch, batch_size):
    assert 0.3 < share_not_rising(tmp_path, monkeypatch, batch_size=batch_size) < 0.7


def test_several_processes_group_by_length_and_weight_all_tokens_alike(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(module, "single_process", lambda: False)
    assert share_not_rising(tmp_path, monkeypatch, batch_size=4, decision_weight=2) > 0.8
    assert "all tokens count the same" in capsys.readouterr().out
