"""The CPU trainer takes a batch apart: the same loss and gradients, the memory of one example."""

from functools import partial
from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
trl = pytest.importorskip("trl")

from recipe_pipeline.training import answer_loss  # noqa: E402
from recipe_pipeline.training import loop as training  # noqa: E402
from recipe_pipeline.training.answer_trainer import with_answer_loss  # noqa: E402
from recipe_pipeline.training.cpu_trainer import for_cpu, one_by_one  # noqa: E402
from recipe_pipeline.training.data import TokenisedExamples  # noqa: E402
from recipe_pipeline.training.loop import build_trainer, trainer_class  # noqa: E402
from recipe_pipeline.training.settings import TrainingSettings  # noqa: E402
from tests.tiny_gemma import write_tiny_model  # noqa: E402

PADDING, LENGTHS = 0, (17, 9, 30)
LENGTHS_MIXED = [8 + index % 50 for index in range(400)]


def padded_batch():
    generator = torch.Generator().manual_seed(4)
    ids = torch.full((len(LENGTHS), max(LENGTHS)), PADDING)
    labels = torch.full_like(ids, -100)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(5, 200, (length,), generator=generator)
        labels[row, 4:length] = ids[row, 4:length]
    mask = (torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]).long()
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def cpu_trainer(folder, make=for_cpu, **kwargs):
    model = write_tiny_model(folder)
    lora = peft.LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    from datasets import Dataset
    from transformers import AutoTokenizer

    return make(trl.SFTTrainer, **kwargs)(
        model=peft.get_peft_model(model, lora),
        args=trl.SFTConfig(
            output_dir=str(folder / "out"),
            use_cpu=True,
            bf16=False,
            report_to="none",
            gradient_checkpointing=False,
            dataset_kwargs={"skip_prepare_dataset": True},
        ),
        train_dataset=Dataset.from_list([{"input_ids": [5, 6, 7], "labels": [5, 6, 7]}]),
        processing_class=AutoTokenizer.from_pretrained(folder),
    )


@pytest.fixture
def trainer(tmp_path):
    return cpu_trainer(tmp_path)


def gradients(model):
    found = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def test_examples_come_without_their_padding():
    batch = padded_batch()
    rows = list(one_by_one(batch))
    assert [row["input_ids"].shape for row in rows] == [(1, length) for length in LENGTHS]
    assert all(row["attention_mask"].all() for row in rows)
    answers = sum(int((row["labels"] != -100).sum()) for row in rows)
    assert answers == int((batch["labels"] != -100).sum())


def test_a_step_has_the_loss_and_gradients_of_the_whole_batch(trainer):
    batch, model = padded_batch(), trainer.model.train()
    items = int((batch["labels"][:, 1:] != -100).sum())
    whole = trainer.compute_loss(model, batch, num_items_in_batch=items)
    whole.backward()
    wanted = gradients(model)

    seen = []
    decoder = model.get_base_model().model
    hook = decoder.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    loss = trainer.training_step(model, batch, items)
    hook.remove()

    assert seen == [(1, length) for length in LENGTHS]
    torch.testing.assert_close(loss, whole.detach())
    found = gradients(model)
    assert found.keys() == wanted.keys()
    assert any(gradient.abs().max() > 1e-6 for gradient in wanted.values())
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


def test_without_a_count_of_tokens_the_batch_stays_whole(trainer):
    batch, model = padded_batch(), trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1  # as the training loop sets it
    loss = trainer.training_step(model, batch, None)
    per_token = trainer.compute_loss(model, batch)
    torch.testing.assert_close(loss, per_token.detach())


def test_tokens_that_decide_weigh_more(tmp_path, monkeypatch):
    monkeypatch.setattr(answer_loss, "START_TOKENS", 5)
    monkeypatch.setattr(answer_loss, "END_TOKENS", 2)
    trainer = cpu_trainer(tmp_path, decision_weight=6)
    model, tokenizer = trainer.model.train(), trainer.processing_class
    before, line_end, space, fact, after = (
        tokenizer(part, add_special_tokens=False)["input_ids"]
        for part in (
            *('{"recipeIngredient":["1 cup flour', '"],', " "),
            *('"name": "Bread"', ', and more"]}'),
        )
    )
    ids = torch.tensor([[9, 9, *before, *line_end, *space, *fact, *after]])
    labels = torch.where(torch.arange(ids.shape[1]) < 2, -100, ids)
    row = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    with torch.no_grad():
        loss = trainer.compute_loss(model, row, num_items_in_batch=ids.shape[1] - 2)
        logits = model(input_ids=ids).logits[0, 1:-1]
        each = torch.nn.functional.cross_entropy(logits.float(), ids[0, 2:], reduction="none")
    start, end = [6.0] * 5, [6.0] * 2
    name = [6.0] * (len(fact) + 2)  # and the comma and space after it
    rest = [1.0] * (len(before) - 5), [1.0] * (len(after) - 4)
    between = [6.0] * len(line_end) + [1.0] * len(space)
    weights = torch.tensor([*start, *rest[0], *between, *name, *rest[1], *end])
    torch.testing.assert_close(loss, (each * weights).sum() / weights.sum())


@pytest.mark.parametrize("items", [None, 47])
def test_each_answer_of_a_batch_is_weighed_on_its_own(tmp_path, monkeypatch, items):
    monkeypatch.setattr(answer_loss, "START_TOKENS", 3)
    monkeypatch.setattr(answer_loss, "END_TOKENS", 1)
    trainer = cpu_trainer(tmp_path, decision_weight=6)
    model = trainer.model.train()
    with torch.no_grad():
        whole = trainer.compute_loss(model, padded_batch(), num_items_in_batch=items)
        parts = [
            trainer.compute_loss(model, row, num_items_in_batch=1)
            for row in one_by_one(padded_batch())
        ]
    count = sum(int((row["labels"][:, 1:] != -100).sum()) for row in one_by_one(padded_batch()))
    torch.testing.assert_close(whole, sum(parts) / (items or count))


def test_a_padded_batch_that_stays_whole_is_weighed_as_its_examples_are(tmp_path, monkeypatch):
    monkeypatch.setattr(answer_loss, "START_TOKENS", 3)
    monkeypatch.setattr(answer_loss, "END_TOKENS", 1)
    whole = cpu_trainer(tmp_path, make=with_answer_loss, decision_weight=6)
    apart = cpu_trainer(tmp_path, decision_weight=6)
    batch, items = padded_batch(), 47
    loss = whole.training_step(whole.model.train(), batch, items)
    torch.testing.assert_close(loss, apart.training_step(apart.model.train(), batch, items))
    found, other = gradients(whole.model), gradients(apart.model)
    assert other
    for name, gradient in other.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("on_cpu", "weight", "made"),
    [(True, 1, "CpuTrainer"), (False, 6, "AnswerLossTrainer"), (False, 1, "SFTTrainer")],
)
def test_a_gpu_weighs_answers_when_asked_to_and_has_the_stock_trainer_otherwise(
    on_cpu, weight, made
):
    assert trainer_class(trl.SFTTrainer, weight, on_cpu).__name__ == made


def lengths_in_order(folder, monkeypatch, **settings):
    """Lengths of the batches that `build_trainer`'s trainer is to see; a batch's longest one."""
    from transformers import AutoTokenizer

    # Unsloth, which does this where it is loaded, takes half a minute to load.
    monkeypatch.setattr(trl, "SFTConfig", partial(trl.SFTConfig, use_cpu=True, bf16=False))
    rows = [
        {"input_ids": [5] * n, "attention_mask": [1] * n, "labels": [5] * n, "length": n}
        for n in LENGTHS_MIXED
    ]
    model = peft.get_peft_model(
        write_tiny_model(folder), peft.LoraConfig(r=4, target_modules=["q_proj"])
    )
    trainer = build_trainer(
        model,
        AutoTokenizer.from_pretrained(folder),
        TrainingSettings(
            output_dir=str(folder / "out"),
            max_seq_length=64,
            optimizer="adamw_torch",
            **settings,
        ),
        TokenisedExamples(rows),
        None,
        [],
    )
    return [batch["input_ids"].shape[1] for batch in trainer.get_train_dataloader()]


def share_falling(lengths):
    return sum(later <= earlier for earlier, later in pairwise(lengths)) / len(lengths)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_examples_that_are_not_padded_come_in_no_order_of_length(tmp_path, monkeypatch, batch_size):
    seen = lengths_in_order(tmp_path, monkeypatch, batch_size=batch_size)
    assert len(seen) == len(LENGTHS_MIXED) / batch_size
    assert 0.3 < share_falling(seen) < 0.7, "long before short"


def test_where_batches_are_padded_like_comes_with_like_and_answers_are_not_weighed(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(training, "_single_process", lambda: False)
    seen = lengths_in_order(tmp_path, monkeypatch, batch_size=4, decision_weight=2)
    assert share_falling(seen) > 0.8
    assert "all tokens count the same" in capsys.readouterr().out
