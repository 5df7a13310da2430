"""The tokens among which the loss on a CPU chooses, and the trainer that uses them."""

import math

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline.training import shortlist  # noqa: E402
from recipe_pipeline.training.answer_loss import with_answer_loss  # noqa: E402
from recipe_pipeline.training.shortlist import Shortlist  # noqa: E402

HEAD = torch.randn(300, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(shortlist, "COMMON", 3)
    monkeypatch.setattr(shortlist, "SAMPLED", 59)


def test_common_tokens_and_those_of_the_training_set_are_exact(small):
    tokens = Shortlist([[9, 1], [200, 9]], HEAD)
    assert tokens.ids.tolist() == [0, 1, 2, 9, 200]
    assert tokens.positions(torch.tensor([200, 1])).tolist() == [4, 1]
    torch.testing.assert_close(tokens.draw()[:5], HEAD[[0, 1, 2, 9, 200]])
    assert tokens.bias.tolist() == pytest.approx([0] * 5 + [math.log(295 / 59)] * 59)


def test_each_step_draws_other_tokens(small):
    torch.manual_seed(1)
    tokens = Shortlist([[9]], HEAD)
    first, second = (tokens.draw()[4:].clone() for _ in range(2))
    assert not torch.equal(first, second)
    others = {tuple(row) for row in HEAD[3:9].tolist() + HEAD[10:].tolist()}
    assert {tuple(row) for row in [*first.tolist(), *second.tolist()]} <= others


def test_the_normaliser_is_that_of_the_whole_vocabulary_on_average(small):
    torch.manual_seed(1)
    tokens, hidden = Shortlist([[9]], HEAD), HEAD[7]
    drawn = [(tokens.draw() @ hidden + tokens.bias).exp().sum() for _ in range(3000)]
    whole = (HEAD @ hidden).exp().sum()
    assert torch.stack(drawn).mean().item() == pytest.approx(whole.item(), rel=0.05)


def test_a_small_vocabulary_is_exact_as_a_whole():
    tokens = Shortlist([[9]], HEAD)
    torch.testing.assert_close(tokens.draw(), HEAD)
    assert tokens.bias.tolist() == [0] * 300


def test_the_trainer_chooses_from_its_shortlist(make_trainer, small):
    trainer = make_trainer(with_answer_loss, shortlisted=True)  # its training set is 5, 6, 7
    model, ids = trainer.model.train(), torch.tensor([[5, 7, 6]])
    row = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids}
    torch.manual_seed(1)
    with torch.no_grad():
        loss = trainer.compute_loss(model, row, num_items_in_batch=2)
        hidden = model.get_base_model().model(input_ids=ids).last_hidden_state[0, :-1]
    torch.manual_seed(1)
    tokens = Shortlist([[5, 6, 7]], model.get_base_model().get_output_embeddings().weight)
    logits = hidden @ tokens.draw().T + tokens.bias
    expected = torch.nn.functional.cross_entropy(logits, tokens.positions(ids[0, 1:]))
    torch.testing.assert_close(loss, expected)
