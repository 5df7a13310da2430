"""The sampled training loss against the full one."""

import math

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline import answer_loss  # noqa: E402
from recipe_pipeline.answer_loss import CandidateVocabulary, with_answer_loss  # noqa: E402

VOCABULARY, HIDDEN = 400, 16


@pytest.fixture
def head():
    return torch.randn(VOCABULARY, HIDDEN, generator=torch.Generator().manual_seed(0))


def full_loss(head, hidden, targets):
    return torch.nn.functional.cross_entropy(hidden @ head.T, targets, reduction="sum")


def test_with_every_token_a_candidate_it_is_the_full_loss(head, monkeypatch):
    monkeypatch.setattr(answer_loss, "SAMPLED_TOKENS", VOCABULARY)
    hidden = torch.randn(7, HIDDEN, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([3, 9, 3, 27, 5, 5, 9])
    candidates = CandidateVocabulary(head, {3, 5, 9, 27}, seed=0)
    torch.testing.assert_close(
        candidates.loss_sum(hidden, targets), full_loss(head, hidden, targets)
    )


def test_sampling_estimates_the_full_partition_sum(head, monkeypatch):
    monkeypatch.setattr(answer_loss, "SAMPLED_TOKENS", 100)
    hidden = 0.1 * torch.randn(50, HIDDEN, generator=torch.Generator().manual_seed(2))
    targets = torch.randint(0, 10, (50,), generator=torch.Generator().manual_seed(3))
    wanted = full_loss(head, hidden, targets).item() / 50
    found = [
        CandidateVocabulary(head, set(range(10)), seed).loss_sum(hidden, targets).item() / 50
        for seed in range(10)
    ]
    # log(400) is about 6; without the correction the loss would be log(390 / 100) = 1.4 lower.
    assert math.fsum(found) / len(found) == pytest.approx(wanted, abs=0.05)
    assert max(abs(value - wanted) for value in found) < 0.3


def test_gradient_points_the_same_way(head, monkeypatch):
    monkeypatch.setattr(answer_loss, "SAMPLED_TOKENS", 200)
    targets = torch.tensor([1, 2, 3])
    hidden = 0.1 * torch.randn(3, HIDDEN, generator=torch.Generator().manual_seed(4))
    sampled, full = hidden.clone().requires_grad_(), hidden.clone().requires_grad_()
    CandidateVocabulary(head, {1, 2, 3}, 0).loss_sum(sampled, targets).backward()
    full_loss(head, full, targets).backward()
    cosine = torch.nn.functional.cosine_similarity(sampled.grad.flatten(), full.grad.flatten(), 0)
    assert cosine > 0.95


class Stock:
    """What the trainer does without candidates."""

    def compute_loss(self, model, inputs, **kwargs):
        return "stock"


class Model:
    def __init__(self, training):
        self.training = training


@pytest.mark.parametrize("training", [True, False])
def test_without_candidates_or_in_evaluation_the_stock_loss_is_used(head, training):
    trainer = with_answer_loss(Stock)()
    if not training:
        trainer.candidates = CandidateVocabulary(head, {1}, 0)
    assert trainer.compute_loss(Model(training), {}) == "stock"
